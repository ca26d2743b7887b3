// What a comparison finds, without what it takes to compare: pages show it, the worker makes it.
import type { Ranked } from './again'

export type Verdict = 'agrees' | 'differs' | 'open'

/** Finding is one thing that was compared: `draw.found.<say>` words it, with what is in it. */
export interface Finding {
  part: 'pool' | 'rule' | 'contributions' | 'seed' | 'ranking' | 'selected' | 'reserves'
  verdict: Verdict
  say: Said
  with: Record<string, string | number>
}

export type Said =
  | 'same' | 'all' | 'digest' | 'unreadable' | 'count' | 'excluded' | 'quotas' | 'kind' | 'total' | 'noquota' | 'nobody'
  | 'signed' | 'forged' | 'keyless' | 'missing' | 'seed' | 'order' | 'place' | 'notinpool' | 'pending' | 'skipped'

export interface Again {
  findings: Finding[]
  strata: Ranked[] // drawn here; empty when it could not be
  ranking?: string // digest of it, hex
}

export const verdictOf = (findings: Finding[]): Verdict =>
  findings.some((f) => f.verdict === 'differs') ? 'differs' : findings.some((f) => f.verdict === 'open') ? 'open' : 'agrees'
