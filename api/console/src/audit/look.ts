import { clock } from '../verify/core/forms'

/** Look is an entry of an access log (consensus/access). */
export interface Look {
  time: number // unix ms
  action: string
  region: string
  person: string
  org: string
  role: string
  record: string
  because: string
  purpose: string
  what: string[]
  to: string
  count: number
  reason: string
}

/** lookOf reads an entry's bytes; null for what is none. */
export function lookOf(entry: string): Look | null {
  let v: Partial<Record<keyof Look, unknown>>
  try {
    v = (JSON.parse(entry) ?? {}) as typeof v
  } catch {
    return null
  }
  const text = (name: keyof Look) => (typeof v[name] === 'string' ? (v[name] as string) : '')
  const number = (name: keyof Look) => (typeof v[name] === 'number' ? (v[name] as number) : 0)
  if (!text('action')) return null
  return {
    time: number('time'), action: text('action'), region: text('region'), person: text('person'), org: text('org'), role: text('role'), record: text('record'),
    because: text('because'), purpose: text('purpose'), what: Array.isArray(v.what) ? v.what.map(String) : [], to: text('to'), count: number('count'), reason: text('reason'),
  } // prettier-ignore
}

export const timeOf = (ms: number) => clock(ms).slice(0, 19)
