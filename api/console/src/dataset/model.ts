import type { components } from '../api/schema'
import type { FormValues } from '../form/model'
import type { Document } from '../law/document'

// Shared data sets without React. Which procedures have to do with them stands here and
// nowhere else; what their fields, states and offices are, their law documents say.

/** The procedures of entries of the catalogue, and of agreements about them. */
export const catalogue = 'data_set'
export const agreements = 'data_agreement'

type Schemas = components['schemas']
export type DataSet = Schemas['DataSet']
export type Column = Schemas['DataColumn']
export type Agreement = Schemas['DataAgreement']
export type Page = Schemas['DataPage']
export type LoadReport = Schemas['DataLoadReport']
export type Fault = Schemas['DataFault']

export const setPage = (id: string) => `/data/${id}`
export const agreementPage = (id: string) => `/agreement/${id}`

/** The largest files of rows (api/dataset, MaxLoad; api/sheet for workbooks), bytes. */
export const loadMost = (file: { name: string }) => (/\.xlsx$/i.test(file.name) ? 32 << 20 : 1 << 30)

/** faultsOfPage is how many wrong cells stand on one page. */
export const faultsOfPage = 50

/** officesOf are the offices that may load a data set's rows, or ask under an agreement. */
export const officesOf = (law: Document): string[] => law.shares?.roles ?? []

/** draft is what a new agreement about a data set begins with: all columns that are nothing personal, all rows; and the other side's organisation where it is known. */
export function draft(set: DataSet, counterpart?: string): FormValues {
  return {
    data_set: set.record,
    agreed_columns: set.columns.filter((c) => c.class === 'clear').map((c) => c.name),
    row_filter: 'true',
    ...(counterpart ? { counterpart } : {}),
  }
}

/** Comparison is one way to compare a column's value. */
export interface Comparison {
  op: '==' | '!=' | '>=' | '<=' | 'contains' | 'startsWith' | 'known' | 'unknown'
}

/** comparisons are those that make sense for a column. */
export function comparisons(c: Column): Comparison['op'][] {
  const of: Record<string, Comparison['op'][]> = {
    enum: ['==', '!='],
    string: ['contains', '==', 'startsWith'],
    uscc: ['==', 'startsWith'],
    date: ['>=', '<=', '=='],
    integer: ['>=', '<=', '=='],
    decimal: ['>=', '<=', '=='],
  }
  return [...(of[c.type] ?? []), ...(c.may_lack ? (['known', 'unknown'] as const) : [])]
}

const text = (value: string) => JSON.stringify(value.trim())

/**
 * condition writes a comparison as a filter has it; undefined for a value that the
 * column cannot have. Decimals are whole numbers of their last place: 12.50 is 1250.
 */
export function condition(c: Column, op: Comparison['op'], value: string): string | undefined {
  const given = value.trim()
  switch (op) {
    case 'known':
      return `known.${c.name}`
    case 'unknown':
      return `!known.${c.name}`
    case 'contains':
    case 'startsWith':
      return given ? `${c.name}.${op}(${text(value)})` : undefined
  }
  switch (c.type) {
    case 'integer':
      return /^-?\d{1,15}$/.test(given) ? `${c.name} ${op} ${Number(given)}` : undefined
    case 'decimal': {
      const units = unitsOf(given, c.places ?? 0)
      return units === undefined ? undefined : `${c.name} ${op} ${units}`
    }
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/.test(given) ? `${c.name} ${op} ${text(value)}` : undefined
    case 'enum':
      return (c.choices ?? []).includes(given) ? `${c.name} ${op} ${text(value)}` : undefined
    default:
      return given ? `${c.name} ${op} ${text(value)}` : undefined
  }
}

/** unitsOf is a decimal in units of its last place; undefined for what has more places, or is none. */
function unitsOf(value: string, places: number): number | undefined {
  const found = /^(-?)(\d{1,12})(?:\.(\d+))?$/.exec(value)
  if (!found || (found[3] ?? '').length > places) return undefined
  const units = Number(found[2] + (found[3] ?? '').padEnd(places, '0'))
  return found[1] && units !== 0 ? -units : units
}

/** withCondition adds a condition to a filter: both have to hold. */
export function withCondition(filter: string, more: string): string {
  const before = filter.trim()
  if (before === '' || before === 'true') return more
  return `${/\|\||\?/.test(before) && !/^\([^()]*\)$/.test(before) ? `(${before})` : before} && ${more}`
}

/** cellsOf are the values of a row as text; nothing for what is absent. */
export const cellsOf = (row: unknown): string[] => (Array.isArray(row) ? row.map((v) => (v === null || v === undefined ? '' : String(v))) : [])

/** disarmed is a cell that no spreadsheet takes for a formula (api/sheet, Disarm). */
const disarmed = (cell: string) => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell)

const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell)

/** csvOf are rows as spreadsheets here open them: UTF-8 with a byte order mark. */
export const csvOf = (heads: string[], rows: string[][]) => '\ufeff' + [heads, ...rows].map((row) => row.map((cell) => quoted(disarmed(cell))).join(',') + '\r\n').join('')
