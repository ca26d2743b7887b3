import type { Option } from '../api/client'

interface Person {
  region: { code: string }
  org: { code: string }
  roles: string[]
}

/**
 * mine are the offices in which a person may take a step, as far as can be said
 * without trying: its party is of the person's region.
 */
export function mine(option: Option, who: Person): string[] {
  if (option.auto || !option.yours) return []
  const ours = (option.by ?? []).filter((a) => (a.region === who.region.code || (!a.region && a.party === 'any')) && who.roles.includes(a.role))
  return [...new Set(ours.map((a) => a.role))]
}

/** orderOf puts what can be done first, then what others do, then what happens by itself. */
export function orderOf(option: Option): number {
  if (option.auto) return 3
  if (!option.yours) return 2
  return option.blocked ? 1 : 0
}
