import type { Rule } from '../api/client'
import type { Label } from '../i18n/lang'
import type { Document, Limit } from '../law/document'
import type { FormValues } from './model'

// What an act would start, said before it is signed: the limits that the law document
// begins with it, or with the receipt that the other side's node signs by itself. When
// they end, the node says (GET /v1/rules); nothing is counted here.

/** Foreseen is a limit that would start. */
export interface Foreseen {
  limit: Limit
  receipt?: Label // the automatic receipt that starts it; without one the act itself does
  from?: string // the date in a field that it is counted from, 2025-11-10
  field?: string // that field, while nothing stands in it
}

/** What an act leads to: its name, and the state after it when that changes. */
export interface Act {
  name: string
  to?: string
}

/** actOf is an event, or the opening, which leads to the first state. */
export const actOf = (law: Document, event: { name?: string; to?: string }): Act =>
  event.name === undefined || event.name === 'open' ? { name: 'open', to: law.initial } : { name: event.name, to: event.to }

const isDate = (value: unknown): value is string => typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value.trim())

/**
 * foreseen are the limits that an act would start: duties, not rights and not windows
 * that open later, and only what does not hang on a condition that the engine alone judges.
 */
export function foreseen(law: Document, act: Act, values: FormValues): Foreseen[] {
  const receipt = law.events.find((e) => e.auto === 'receipt' && act.to !== undefined && (e.from ?? []).includes(act.to))
  const out: Foreseen[] = []
  for (const limit of law.deadlines ?? []) {
    if (limit.right || limit.not_before) continue
    const own = limit.start.find((s) => s.on.includes(act.name))
    const theirs = receipt && limit.start.find((s) => s.on.includes(receipt.name))
    const start = own ?? theirs
    if (!start || start.if || start.member) continue
    const by = own ? {} : { receipt: receipt?.title }
    const dates = (start.fields ?? []).map((name) => values[name]).filter(isDate)
    if (!start.fields) out.push({ limit, ...by })
    else if (dates.length === start.fields.length) out.push({ limit, ...by, from: dates.map((d) => d.trim().slice(0, 10)).sort().pop() })
    else out.push({ limit, ...by, field: start.fields.find((name) => !isDate(values[name])) })
  }
  return out
}

/** startsAt are the instants that the node is asked about: now, and the beginning of each date. */
export const startsAt = (list: Foreseen[], now: string): string[] => [...new Set(list.map((f) => instant(f, now)))].filter((at) => at !== '')

/** instant is when a limit would start, if it starts today; empty while the ledger's time is not known. */
export const instant = (f: Foreseen, now: string): string => (f.from ? `${f.from}T00:00:00+08:00` : now && `${now.slice(0, 16)}:00+08:00`)

/** ruleOf is the wording of a rule that is in force when it is asked about. */
export const ruleOf = (rules: Rule[], id: string): Rule | undefined => rules.find((r) => r.id === id && r.ends) ?? rules.find((r) => r.id === id)
