import type { components } from '../api/schema'
import type { Document } from '../law/document'

export type Import = components['schemas']['Import']
export type Report = components['schemas']['ImportReport']
export type Row = components['schemas']['ImportRow']

/** The largest file that is read (api/sheet, MaxFile), bytes. */
export const fileMax = 8 << 20

/** How many rows stand on one page. */
export const pageSize = 20

export type Stage = 'preview' | 'done'

/** Filter is which rows are shown. */
export type Filter = 'all' | 'wrong' | 'rest'

export const wrong = (row: Row) => row.status === 'wrong'

/** shown are the rows of a filter: the wrong ones, or those that are on their way. */
export const shown = (rows: Row[], filter: Filter) => (filter === 'all' ? rows : rows.filter((row) => wrong(row) === (filter === 'wrong')))

export interface Counts {
  rows: number
  wrong: number
  there: number // stand on the ledger
  ready: number // would be imported: ready, half-way or promised
}

export function countsOf(report: Report): Counts {
  const there = report.items.filter((row) => row.status === 'done').length
  return { rows: report.rows, wrong: report.bad, there, ready: report.rows - report.bad - there }
}

/** unfinished are rows that the same sheet brings to their end when it is sent again. */
export const unfinished = (report: Report) => report.items.some((row) => row.status === 'part' || row.status === 'pending' || row.errors?.some((e) => e.code === 'no_quorum'))

/**
 * progress is how far an import has come, from 0 to 1, as far as the ledger tells: how
 * much it has grown against the statements that the rows make. Others write meanwhile,
 * so it is held below the end until the answer is here.
 */
export function progress(grown: number, rows: number, steps: number): number {
  const all = Math.max(1, rows * steps)
  return Math.min(0.99, Math.max(0, grown) / all)
}

/** Whether a file can be one that the node reads: by size and name; what is in it the node says. */
export function fault(file: { name: string; size: number }, most = fileMax): 'size' | 'empty' | 'kind' | undefined {
  if (file.size === 0) return 'empty'
  if (file.size > most) return 'size'
  return /\.(xlsx|csv|txt)$/i.test(file.name) ? undefined : 'kind'
}

/** printJobs are the records of a report that stand on the ledger, in the order of its rows, in parts that one print job takes. */
export function printJobs(rows: Row[], most: number): string[][] {
  const all = rows.flatMap((row) => (row.status === 'done' && row.record ? [row.record] : []))
  return Array.from({ length: Math.ceil(all.length / most) }, (_, i) => all.slice(i * most, (i + 1) * most))
}

/** officesOf are the offices that may take every step of a row. */
export function officesOf(law: Pick<Document, 'open' | 'events'>, steps: string[]): string[] {
  const of = (step: string) => (step === 'open' ? [law.open] : law.events.filter((e) => e.name === step)).flatMap((e) => (e.by ?? []).map((a) => a.role))
  const [first, ...rest] = steps.map(of)
  return [...new Set(first ?? [])].filter((role) => rest.every((roles) => roles.includes(role)))
}
