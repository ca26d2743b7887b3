import type { components } from '../api/schema'
import { offline, type Signing } from '../frame/offline'

export type Proposal = components['schemas']['Proposal']
export type ProposalText = components['schemas']['ProposalText']

/** Kind of what is signed about a proposal. */
export type Word = 'yes' | 'no' | 'adopt'

/** Ballot is a payload to be carried to the offline machine, and the lines that sign it there. */
export interface Ballot {
  file: string
  body: string
  lines: string[]
  short: string // the same without the file
}

/** ballot prepares a region's word on a proposal. The members' order is that of the statement's body. */
export function ballot(p: Pick<Proposal, 'region' | 'id'>, word: Word, s: Signing): Ballot {
  const name = `${p.region}/${p.id}`
  const kind = word === 'adopt' ? 'law.adopt' : 'law.vote'
  const body = JSON.stringify({ region: p.region, proposal: p.id, ...(word === 'adopt' ? {} : { approve: word === 'yes' }) })
  const stem = `${kind}-${word}-${p.region}-${p.id}`
  const short = word === 'adopt' ? `law adopt ${name}` : `law vote ${name}${word === 'no' ? ' --no' : ''}`
  return { file: `${stem}.json`, body, lines: [offline(`gov sign ${kind} ${stem}.json`, `${stem}.jws`, s)], short: offline(short, `${stem}.jws`, s) }
}

/** Outlook of a proposal: what is missing before it comes into force. */
export interface Outlook {
  missing: string[] // regions that have not approved
  early: boolean // approved by all, and its day has not come
  ripe: boolean // may be adopted now
}

export function outlook(p: Proposal, regions: string[], now: string): Outlook {
  const missing = p.state === 'open' ? regions.filter((r) => !p.approved.includes(r)) : []
  const early = Date.parse(now) < Date.parse(p.from)
  return { missing, early: p.state === 'open' && missing.length === 0 && early, ripe: p.state === 'open' && missing.length === 0 && !early }
}

/** Signed is what a signed statement says of itself. Nothing of it is believed before the node has checked it. */
export interface Signed {
  raw: string
  kind: string
  region: string
  id: string
  at: string
  body: unknown
}

/** the largest statement, bytes */
const signedMax = 60 * 1024

/** signedOf reads a signed statement; null when a file holds none. */
export function signedOf(text: string): Signed | null {
  const raw = text.trim()
  const parts = raw.split('.')
  if (raw.length > signedMax || parts.length !== 3 || !/^[A-Za-z0-9_.-]+$/.test(raw)) return null
  try {
    const bytes = Uint8Array.from(atob(parts[1].replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
    const p = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Record<string, unknown>
    const [kind, region, id, at] = [p.kind, p.region, p.id, p.at]
    if (typeof kind !== 'string' || typeof region !== 'string' || typeof id !== 'string' || typeof at !== 'string') return null
    return { raw, kind, region, id, at, body: p.body }
  } catch {
    return null
  }
}
