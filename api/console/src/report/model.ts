import type { components } from '../api/schema'

export type Report = components['schemas']['Report']
export type Title = components['schemas']['ReportTitle']
export type Figure = components['schemas']['Figure']
export type Cut = components['schemas']['Cut']
export type Group = components['schemas']['Group']
export type Cell = components['schemas']['Cell']
export type Number_ = Omit<Group, 'key'>
export type Listed = components['schemas']['Listed']

/** How many bars a plot has at most; the table beside it has them all. */
export const barsMax = 40

/** percent reports whether a figure is a share, which is shown as per cent. */
export const percent = (f: Pick<Figure, 'measure' | 'unit'>) => f.measure === 'ratio' && f.unit.en === 'share'

/** shown is a value as people read it: shares in per cent with one place, counts with their thousands apart. */
export function shown(text: string | undefined, asPercent: boolean): string {
  if (text === undefined || text === '') return '—'
  if (asPercent) return `${(Number(text) * 100).toFixed(1)}%`
  const [whole, rest] = text.split('.')
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (rest ? `.${rest}` : '')
}

export interface Bar {
  group: Group
  from: number // where the bar begins and ends, 0 to 1 of the width
  to: number
  low?: number // ends of its interval
  high?: number
  defined: boolean
}

export interface Plot {
  bars: Bar[]
  zero: number // where nothing is, 0 to 1
  floor?: number // what is to be reached
  ticks: { at: number; value: number }[]
  left: number // groups that found no place
}

const value = (text: string | undefined) => (text === undefined || text === '' ? undefined : Number(text))

/** step is a round distance of ticks: 1, 2 or 5 times a power of ten. */
export function step(span: number): number {
  const raw = span / 4
  const power = 10 ** Math.floor(Math.log10(raw))
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw) ?? 10 * power
}

/** plotOf lays out bars with their intervals. A share's axis goes to one; others to a round number above all. */
export function plotOf(groups: Group[], asPercent: boolean): Plot {
  const taken = groups.slice(0, barsMax)
  const all = taken.flatMap((g) => [value(g.value), value(g.low), value(g.high), value(g.floor)]).filter((v) => v !== undefined)
  const least = Math.min(0, ...all)
  const most = Math.max(asPercent ? 1 : 0, ...all)
  const by = step(most - least || 1)
  const from = Math.floor(least / by) * by
  const to = asPercent && most === 1 ? 1 : Math.max(from + by, Math.ceil(most / by) * by)
  const at = (v: number) => (v - from) / (to - from)
  const ticks: Plot['ticks'] = []
  for (let n = 0; n <= Math.round((to - from) / by); n++) ticks.push({ at: at(from + n * by), value: Number((from + n * by).toPrecision(12)) })
  const floor = value(taken.find((g) => g.floor)?.floor)
  return {
    zero: at(0),
    floor: floor === undefined ? undefined : at(floor),
    ticks,
    left: groups.length - taken.length,
    bars: taken.map((group) => {
      const v = value(group.value)
      const low = value(group.low)
      const high = value(group.high)
      return {
        group,
        defined: v !== undefined,
        from: at(Math.min(0, v ?? 0)),
        to: at(Math.max(0, v ?? 0)),
        low: low === undefined ? undefined : at(low),
        high: high === undefined ? undefined : at(high),
      }
    }),
  }
}

export interface Account {
  of: Cell
  sent: number
  received: number
}

/**
 * accountOf puts what was given beside what was received, by who gave and who received:
 * two figures of a report, each by one dimension.
 */
export function accountOf(given: Cut | undefined, received: Cut | undefined): Account[] {
  const out = new Map<string, Account>()
  const add = (cut: Cut | undefined, side: 'sent' | 'received') => {
    for (const g of cut?.groups ?? []) {
      const account = out.get(g.key[0].code) ?? { of: g.key[0], sent: 0, received: 0 }
      account[side] += Number(g.value ?? 0)
      out.set(g.key[0].code, account)
    }
  }
  add(given, 'sent')
  add(received, 'received')
  return [...out.values()].sort((a, b) => (a.of.code < b.of.code ? -1 : 1))
}

export interface Cross {
  columns: Cell[]
  rows: { head: Cell; cells: (Group | undefined)[] }[]
}

/** How many columns a cross table has at most; beyond them a list is clearer. */
const columnsMax = 8

/** crossOf is a table of a breakdown by two dimensions; undefined for others, and where it would be too wide. */
export function crossOf(cut: Cut): Cross | undefined {
  if (cut.dimensions.length !== 2) return undefined
  const columns: Cell[] = []
  const rows: Cross['rows'] = []
  for (const g of cut.groups) {
    const [head, column] = g.key
    let at = columns.findIndex((c) => c.code === column.code)
    if (at < 0) at = columns.push(column) - 1
    let row = rows.find((r) => r.head.code === head.code)
    if (!row) rows.push((row = { head, cells: [] }))
    row.cells[at] = g
  }
  if (columns.length > columnsMax) return undefined
  return { columns, rows: rows.map((r) => ({ head: r.head, cells: columns.map((_, i) => r.cells[i]) })) }
}

/** byRegion reports whether a report can be asked of one region alone. */
export const byRegion = (title: Title, report: Report | undefined) =>
  (report?.figures ?? title.figures).some((f) => (f.by ?? []).some((c) => c.dimensions.some((d) => d.name === 'region')))

/** Figures whose rows can be listed; those that are put together of others cannot. */
export const listable = (f: Figure) => f.measure !== 'spearman' && f.measure !== 'composite'

export interface Period {
  from: string
  to: string
}

/** periodOf is a year, or a quarter of it, from a local date: 2025-11-10. */
export function periodOf(kind: 'year' | 'last' | 'quarter', today: string): Period {
  const year = Number(today.slice(0, 4))
  if (kind === 'year') return { from: `${year}-01-01`, to: `${year}-12-31` }
  if (kind === 'last') return { from: `${year - 1}-01-01`, to: `${year - 1}-12-31` }
  const first = Math.floor((Number(today.slice(5, 7)) - 1) / 3) * 3 + 1
  const two = (n: number) => String(n).padStart(2, '0')
  const last = first + 2
  return { from: `${year}-${two(first)}-01`, to: `${year}-${two(last)}-${last === 6 || last === 9 ? 30 : 31}` }
}
