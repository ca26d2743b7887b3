import { administrators } from '../session/roles'
import type { Place } from '../session/session'

/** Account is one person's way in (api/account, type State). */
export interface Account {
  name: string
  person: string
  display: string
  org: string
  roles: string[]
  made: string
  disabled: boolean
  change: boolean
  until?: string // of the initial password
  last?: { at: string; from: string }
  wrong: number
  locked?: string // until
}

export interface Accounts {
  accounts: Account[]
  orgs: Place[]
  roles: string[]
  now: string
}

export interface Handed {
  account: Account
  password?: string
}

export interface NewAccount {
  name: string
  person: string
  display: string
  org: string
  roles: string[]
}

/** Deed is what can be done to an account. */
export type Deed = 'disable' | 'enable' | 'reset' | 'unlock' | 'end_sessions' | 'roles'

export interface Act {
  no: number
  at: string
  act: string
  by?: string
  role?: string
  from?: string
  account?: string
  detail?: string
}

export interface Acts {
  acts: Act[]
  next?: number
  size: number
  last: string
}

/** Standing of an account, the gravest first. */
export type State = 'disabled' | 'locked' | 'lapsed' | 'initial' | 'fine'

export function stateOf(a: Account, now: string): State {
  if (a.disabled) return 'disabled'
  if (a.change && a.until && Date.parse(a.until) <= Date.parse(now)) return 'lapsed'
  if (a.locked) return 'locked'
  return a.change ? 'initial' : 'fine'
}

/** deedsFor is what makes sense for an account now, the likeliest first. Administrators' roles are theirs for good. */
export function deedsFor(a: Account, now: string): Deed[] {
  if (a.disabled) return ['enable']
  const deeds: Deed[] = stateOf(a, now) === 'locked' || a.wrong > 0 ? ['unlock', 'reset'] : ['reset']
  if (!administers(a.roles)) deeds.push('roles')
  return [...deeds, 'end_sessions', 'disable']
}

export const administers = (roles: string[]) => roles.some((role) => administrators.includes(role))

/** possible says whether a role can be ticked beside what is ticked: an administrator's role stands alone. */
export function possible(role: string, ticked: string[]): boolean {
  if (ticked.length === 0 || ticked.includes(role)) return true
  return !administers([role]) && !administers(ticked)
}
