import { daysBetween } from '../util/time'

/** The search of a pool as it stands in the page's address; what is empty is left out. */
export interface Search {
  field: string
  region: string
  from: string
  to: string
  party: string
  host: string
  out: boolean
}

export const searchOf = (p: URLSearchParams): Search => ({
  field: p.get('field') ?? '', region: p.get('region') ?? '', from: p.get('from') ?? '', to: p.get('to') ?? '', party: p.get('party') ?? '', host: p.get('host') ?? '', out: p.get('out') === 'true',
})

export function addressOf(s: Search): URLSearchParams {
  const p = new URLSearchParams()
  for (const [name, value] of Object.entries(s)) if (value) p.set(name, String(value))
  return p
}

const isDay = (s: string) => /^\d{4}-\d\d-\d\d$/.test(s) && !Number.isNaN(Date.parse(s + 'T00:00:00Z'))

/** wrongOf says what keeps a search from being asked: the days, or the party's code. */
export function wrongOf(s: Search): { party: boolean; days: boolean } {
  return {
    party: s.party !== '' && !/^[0-9A-Z]{18}$/.test(s.party),
    days: (s.from !== '' && !isDay(s.from)) || (s.to !== '' && (!isDay(s.to) || s.from === '' || s.to < s.from)),
  }
}

/** queryOf is the search as the API takes it. */
export const queryOf = (s: Search, limit: number) => ({
  field: s.field || undefined, region: s.region || undefined, available_from: s.from || undefined, to: s.to || undefined,
  without_conflict_with: s.party || undefined, host: s.host || undefined, excluded: s.out || undefined, limit,
})

/** A term that ends within so many days is said to end soon. */
const soon = 90

/** ending says how near the end of a term is: in some days, past, or not worth a word. */
export function ending(to: string | undefined, today: string): { over: boolean; days: number } | undefined {
  if (!to || !today) return undefined
  const days = daysBetween(today, to)
  return days < 0 ? { over: true, days } : days <= soon ? { over: false, days } : undefined
}
