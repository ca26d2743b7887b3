import type { Org } from '../../api/client'
import type { Label } from '../../i18n/lang'
import { recordId } from '../../util/recordid'
import type { FormField, FormValue, FormValues } from '../model'

// A form of the law is refined by hand where it is used most: its fields in the groups
// and the order of the paper, what goes into each, what can be filled in from what is
// known, and what to think of before signing. All of that is for people: which fields
// there are, and what is accepted, says the law alone.

/** Known is what a form may be filled from before anybody types. */
export interface Known {
  org: string // code of the person's own organisation
  region: string // code of the person's region
  today: string // by the ledger's clock, 2025-11-10; empty until it is known
  orgs: Org[] // of all members; empty until they are known
  fields: Record<string, unknown> // what the record says already
}

/** Group is a part of the paper: fields that always show, and those that are folded until somebody needs them. */
export interface Group {
  title: Label
  fields: string[]
  more?: string[]
}

/** Offer is a value that somebody may take over, and where it comes from. */
export interface Offer {
  value: string
  why: Label
}

/** Caution is what somebody has to think of before signing, while it holds. */
export interface Caution {
  when: (values: FormValues, known: Known) => boolean
  sheet?: boolean // also said before a whole sheet is imported, whose rows nobody looks at one by one
  text: Label
  cite: string
  at?: string // the field it is about, where it is said when the form has that field
}

/** Need says whether the law asks for an optional field in such a case: itself, or one of several. */
export type Need = (values: FormValues) => boolean | 'either'

/** Take says, for records of a procedure, which of their fields go where; the first that says anything is taken. */
export type Take = Record<string, string | string[]>

export interface Refinement {
  groups: Group[]
  hints?: Record<string, Label>
  needs?: Record<string, Need>
  offers?: Record<string, (values: FormValues, known: Known) => Offer | undefined>
  begins?: (known: Pick<Known, 'org' | 'region' | 'fields'>) => FormValues
  cautions?: Caution[]
  origin?: { field: string; from: Record<string, Take> } // the record that it follows from, and what comes from it, by procedure
}

/** Part is a group with the fields that the event really has. */
export interface Part {
  title?: Label
  main: FormField[]
  more: FormField[]
}

const others: Label = { zh: '其他', en: 'Other' }

/**
 * partsOf lays a form out: as it was refined, and what the refinement does not know of,
 * because the law has moved on, in a part of its own. A form that nobody refined is one
 * part, mandatory fields first.
 */
export function partsOf(fields: FormField[], refinement?: Refinement): Part[] {
  if (!refinement) return [{ main: fields.filter((f) => f.required), more: fields.filter((f) => !f.required) }]
  const left = new Map(fields.map((f) => [f.field.name ?? '', f]))
  const take = (names: string[] = []) =>
    names.flatMap((name) => {
      const found = left.get(name)
      left.delete(name)
      return found ? [found] : []
    })
  const parts: Part[] = refinement.groups.map((g) => {
    const folded = take(g.more)
    return { title: g.title, main: [...take(g.fields), ...folded.filter((f) => f.required)], more: folded.filter((f) => !f.required) }
  })
  const rest = [...left.values()]
  if (rest.length > 0) parts.push({ title: others, main: rest.filter((f) => f.required), more: rest.filter((f) => !f.required) })
  return parts.filter((p) => p.main.length + p.more.length > 0)
}

/** together is what the record says with what was typed over it. */
export const together = (values: FormValues, known: Known): FormValues => ({ ...(known.fields as FormValues), ...values })

/** cautionsOf are the cautions that hold now. */
export const cautionsOf = (refinement: Refinement | undefined, values: FormValues, known: Known): Caution[] =>
  (refinement?.cautions ?? []).filter((c) => c.when(together(values, known), known))

/** The division of whoever registered the party: characters 3 to 8 of a credit code (GB 32100-2015). */
export const divisionOf = (uscc: FormValue): string | undefined => {
  const found = typeof uscc === 'string' ? /^[0-9A-Z]{2}(\d{6})[0-9A-Z]{10}$/i.exec(uscc.trim()) : null
  return found?.[1]
}

const isDivision = (value: FormValue | undefined): value is string => typeof value === 'string' && /^\d{6}$/.test(value.trim())

/** within reports whether a division is in a region: both are of one province. */
export const within = (division: FormValue | undefined, region: string) => isDivision(division) && division.trim().slice(0, 2) === region.slice(0, 2)

/** bureauOf is the bureau of a division: of its county, else of its city, else of its province; undefined when no member has one. */
export function bureauOf(division: FormValue, orgs: Org[]): Org | undefined {
  if (!isDivision(division)) return undefined
  const d = division.trim()
  for (const code of [d, d.slice(0, 4) + '00', d.slice(0, 2) + '0000']) {
    const found = orgs.find((o) => o.code === `${code}-SJ`)
    if (found) return found
  }
  return undefined
}

/** provinceOf is the provincial bureau of a division. */
export const provinceOf = (division: FormValue, orgs: Org[]): Org | undefined =>
  isDivision(division) ? orgs.find((o) => o.code === `${division.trim().slice(0, 2)}0000-SJ`) : undefined

/** carried is what a record brings into a form that follows from it: plain values only. */
export function carried(take: Take | undefined, fields: Record<string, unknown>): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [to, from] of Object.entries(take ?? {})) {
    for (const name of Array.isArray(from) ? from : [from]) {
      const value = fields[name]
      if (typeof value !== 'string' && typeof value !== 'number') continue
      if (out[to] === undefined) out[to] = String(value)
    }
  }
  return out
}

/** originOf is the record that a form says it follows from; undefined while none is named. */
export const originOf = (refinement: Refinement | undefined, values: FormValues): string | undefined => {
  const value = refinement?.origin && values[refinement.origin.field]
  return typeof value === 'string' ? (recordId(value) ?? undefined) : undefined
}

// Offers that several forms make.

const fromCode: Label = { zh: '按信用代码第3至8位（登记机关所在地）', en: 'from characters 3 to 8 of the credit code, where it is registered' }
const fromDivision: Label = { zh: '按所填地区', en: 'from the division filled in' }
const isToday: Label = { zh: '今天', en: 'today' }

/** registered offers where a party is registered, by its credit code. */
export const registered = (uscc: string) => (values: FormValues) => {
  const value = divisionOf(values[uscc])
  return value === undefined ? undefined : { value, why: fromCode }
}

/** bureau offers the bureau of a division that stands in another field. */
export const bureau =
  (division: string, pick: typeof bureauOf = bureauOf) =>
  (values: FormValues, known: Known) => {
    const org = pick(together(values, known)[division], known.orgs)
    return org && org.code !== known.org ? { value: org.code, why: fromDivision } : undefined
  }

/** today offers the day that it is. */
export const today = (_: FormValues, known: Known) => (known.today ? { value: known.today, why: isToday } : undefined)
