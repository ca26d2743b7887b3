import type { Option } from '../api/client'
import type { Document, Event } from '../law/document'

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

/**
 * breaksOff reports whether a step ends a record against its course: it leads to an end,
 * and the law wants to know why. Nobody is led to such a step.
 */
export const breaksOff = (law: Pick<Document, 'terminal'>, event: Pick<Event, 'to' | 'require'>): boolean =>
  law.terminal.includes(event.to ?? '') && (event.require ?? []).includes('reason')
