import { htmlLang, spoken, type Label } from '../i18n/lang'
import { over } from '../api/client'
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
  account?: string // name of a local account
  change?: boolean // a password has to be chosen before anything else
  before?: { at: string; from: string } // the sign-in before this one
  wrong?: number // tries in vain since
}

/** ask speaks to the console's own door: sessions, accounts, what is this node's alone. */
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

/** asIn is ask for pages of somebody who is signed in: when the session is over, they all are. */
export async function asIn<T>(method: string, path: string, body?: object): Promise<T> {
  try {
    return await ask<T>(method, path, body)
  } catch (err) {
    if (err instanceof Problem && err.status === 401) over()
    throw err
  }
}

/** Ways are how one may sign in at this node. */
export interface Ways {
  link: boolean
  oidc: boolean
  password: boolean
}

export const ways = () => ask<Ways>('GET', 'ways')
export const whoami = () => ask<Standing>('GET', 'session')
export const signIn = (code: string) => ask<Standing>('POST', 'session', { code })
export const signInBy = (name: string, password: string) => ask<Standing>('POST', 'session', { name, password })
export const choosePassword = (old: string, fresh: string) => ask<Standing>('PUT', 'session/password', { old, new: fresh })
export const stay = () => ask<Standing>('PUT', 'session')
export const signOut = (everywhere: boolean) => ask<{ ended: number }>('DELETE', everywhere ? 'sessions' : 'session')
