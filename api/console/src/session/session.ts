import { htmlLang, spoken, type Label } from '../i18n/lang'
import { Problem } from '../api/problem'

export interface Place {
  code: string
  name: Label
}

/** Standing is who is signed in, and for how long (api/console, type Standing). */
export interface Standing {
  region: Place
  org: Place
  person: string
  name: string
  roles: string[]
  now: string
  expires: string
  limit: string
  practice: boolean
  synthetic: boolean
}

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  let response: Response
  try {
    response = await fetch(`/console/${path}`, {
      method,
      headers: { 'Accept-Language': htmlLang(spoken()), ...(body ? { 'Content-Type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
    })
  } catch {
    throw new Problem(0, {})
  }
  const answer: unknown = await response.json().catch(() => ({}))
  if (!response.ok) throw new Problem(response.status, answer as object)
  return answer as T
}

/** Ways are how one may sign in at this node. */
export interface Ways {
  link: boolean
  oidc: boolean
}

export const ways = () => ask<Ways>('GET', 'ways')
export const whoami = () => ask<Standing>('GET', 'session')
export const signIn = (code: string) => ask<Standing>('POST', 'session', { code })
export const stay = () => ask<Standing>('PUT', 'session')
export const signOut = (everywhere: boolean) => ask<{ ended: number }>('DELETE', everywhere ? 'sessions' : 'session')
