import type { Document, Event, Field } from '../law/document'
import { fieldOf } from '../law/document'
import type { Key } from '../i18n/dict'

// What a form holds is what goes over the wire, except that whatever is empty is
// left out and numbers are text until they are sent.

export type FormValue = string | boolean | FormValue[] | { [name: string]: FormValue } | undefined
export type FormValues = Record<string, FormValue>

export interface FormField {
  field: Field
  required: boolean
}

/** formOf is what an event asks for, in the order of the law. */
export function formOf(law: Document, event: Pick<Event, 'require' | 'optional'>): FormField[] {
  const of = (names: string[] | undefined, required: boolean) =>
    (names ?? []).map((name) => fieldOf(law, name)).flatMap((field) => (field && field.type !== 'collection' ? [{ field, required }] : []))
  return [...of(event.require, true), ...of(event.optional, false)]
}

/** membersOf are the members of a composite type that has its own (consensus/procedure, field_doc.go). */
export function membersOf(field: Field): Field[] {
  const label = { zh: '', en: '' }
  switch (field.type) {
    case 'officer':
      return [
        { ...label, name: 'cert_no', type: 'string', min: 2, max: 40 },
        { ...label, name: 'person', type: 'person' },
      ]
    case 'object':
      return field.fields ?? []
    default:
      return []
  }
}

const isEmpty = (value: unknown) =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0) || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)

/** wire is a value as the API takes it; undefined when there is none. */
export function wire(field: Field, value: FormValue): unknown {
  if (typeof value === 'string') {
    const text = value.trim()
    if (text === '') return undefined
    switch (field.type) {
      case 'int':
        return /^-?\d{1,15}$/.test(text) ? Number(text) : text // what is no number is refused by name
      case 'uscc':
      case 'record':
        return text.toUpperCase()
      case 'time':
        return /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) ? `${text}:00+08:00` : text
      default:
        return text
    }
  }
  if (Array.isArray(value)) {
    if (value.length === 0 && mayBeNone(field)) return []
    const of = itemOf(field)
    const items = value.map((item) => wire(of, item)).filter((item) => !isEmpty(item))
    return items.length > 0 ? items : undefined
  }
  if (typeof value === 'object') {
    const out: Record<string, unknown> = {}
    for (const member of membersOf(field)) {
      const inner = wire(member, value[member.name ?? ''])
      if (inner !== undefined) out[member.name ?? ''] = inner
    }
    return isEmpty(out) ? undefined : out
  }
  return value
}

/** mayBeNone reports whether the law takes a list without items: somebody then says that there are none. */
export const mayBeNone = (field: Field) => field.type === 'list' && !field.min

/**
 * pasted gives the rows of a list after cells of a spreadsheet were pasted into one of
 * its inputs, from that row and that member on; undefined when the text is no table.
 * Cells of a choice may hold its name in either language.
 */
export function pasted(field: Field, rows: FormValue[], at: number, member: string | undefined, text: string): FormValue[] | undefined {
  const lines = text.replace(/\r/g, '').replace(/\n+$/, '').split('\n')
  if (lines.length < 2 && !text.includes('\t')) return undefined
  const of = itemOf(field)
  const members = membersOf(of)
  const first = members.findIndex((m) => m.name === member)
  const out = [...rows]
  lines.forEach((line, i) => {
    const cells = line.split('\t').map((cell) => cell.trim())
    const held = out[at + i]
    if (members.length === 0) {
      out[at + i] = cellOf(of, cells[0])
      return
    }
    const row = typeof held === 'object' && !Array.isArray(held) ? { ...held } : {}
    cells.forEach((cell, j) => {
      const m = members[Math.max(0, first) + j]
      if (m) row[m.name ?? ''] = cellOf(m, cell)
    })
    out[at + i] = row
  })
  return out
}

/** cellOf is what a cell of a spreadsheet means for a field. */
const cellOf = (field: Field, cell: string): string => field.values?.find((v) => v.zh === cell || v.en === cell)?.name ?? cell

/** asTyped is a value of a record as somebody would have entered it. */
export function asTyped(field: Field, value: unknown): FormValue {
  if (typeof value === 'boolean') return value
  return field.type === 'time' ? String(value).slice(0, 16) : String(value)
}

/** itemOf is the field of one item of a list. */
export function itemOf(field: Field): Field {
  const plain = { zh: '', en: '' }
  if (field.type === 'materials') {
    return {
      ...plain,
      type: 'object',
      fields: [
        { ...plain, name: 'commitment', type: 'commitment' },
        { ...plain, name: 'kind', type: 'string' },
        { ...plain, name: 'name', type: 'string', optional: true },
        { ...plain, name: 'pages', type: 'int' },
        { ...plain, name: 'size', type: 'int' },
      ],
    }
  }
  if (field.type === 'intervals') {
    return {
      ...plain,
      type: 'object',
      fields: [
        { ...plain, name: 'kind', type: 'string' },
        { ...plain, name: 'from', type: 'date' },
        { ...plain, name: 'to', type: 'date' },
      ],
    }
  }
  return field.of ?? { ...plain, type: 'string' }
}

/** unfinished reports whether a row of a list, as it would be sent, lacks something that the law wants of each. */
export function unfinished(field: Field, sent: unknown): boolean {
  const of = itemOf(field)
  if (!Array.isArray(sent) || of.type !== 'object') return false
  const must = (of.fields ?? []).filter((m) => !m.optional).map((m) => m.name ?? '')
  return sent.some((item: Record<string, unknown>) => must.some((name) => item[name] === undefined))
}

export function wireAll(fields: FormField[], values: FormValues): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const { field } of fields) {
    const value = wire(field, values[field.name ?? ''])
    if (value !== undefined) out[field.name ?? ''] = value
  }
  return out
}

export interface Fault {
  key: Key
  n?: number
  in?: { row: number; member: Field } // where in a list, its first row being 1
}

/**
 * fault is what can be said against a value before it is sent. The node checks all
 * of it again, and more; this spares a clerk the way there and back.
 */
export function fault(field: Field, required: boolean, value: FormValue): Fault | undefined {
  const sent = wire(field, value)
  if (sent === undefined) return required ? { key: 'err.missing' } : undefined
  if (Array.isArray(sent)) {
    if (field.min !== undefined && sent.length < field.min) return { key: 'err.few', n: field.min }
    if (field.max !== undefined && sent.length > field.max) return { key: 'err.many', n: field.max }
    return faultInRows(field, value as FormValue[])
  }
  if (field.type === 'int' && typeof sent !== 'number') return { key: 'err.number' }
  if (typeof sent !== 'string') return undefined
  const runes = [...sent].length
  switch (field.type) {
    case 'string':
    case 'text':
      if (field.min !== undefined && runes < field.min) return { key: 'err.short', n: field.min }
      if (field.max !== undefined && runes > field.max) return { key: 'err.long', n: field.max }
      return undefined
    case 'decimal':
      return /^-?\d+(\.\d+)?$/.test(sent) ? undefined : { key: 'err.number' }
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(sent) ? undefined : { key: 'err.date' }
    case 'uscc':
      return /^[0-9A-Z]{18}$/.test(sent) ? undefined : { key: 'err.uscc' }
    case 'doc_no':
      return /^.+[〔([（［[]\d{4}[〕)\]）］].*\d.*$/.test(sent) ? undefined : { key: 'err.doc_no' }
    default:
      return undefined
  }
}

/** faultInRows is the first fault of the rows of a list; a row in which nothing stands is none. */
function faultInRows(field: Field, rows: FormValue[]): Fault | undefined {
  const of = itemOf(field)
  for (const [i, row] of rows.entries()) {
    if (of.type !== 'object' || typeof row !== 'object' || Array.isArray(row) || wire(of, row) === undefined) continue
    for (const member of membersOf(of)) {
      const found = fault(member, !member.optional, row[member.name ?? ''])
      if (found) return { ...found, in: { row: i + 1, member } }
    }
  }
  return undefined
}

export function faults(fields: FormField[], values: FormValues): Record<string, Fault> {
  const out: Record<string, Fault> = {}
  for (const { field, required } of fields) {
    const found = fault(field, required, values[field.name ?? ''])
    if (found) out[field.name ?? ''] = found
  }
  return out
}

/** addressOf writes values of a form into an address, for a link that opens it. */
export function addressOf(values: Record<string, string | string[] | undefined>): string {
  const out = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value !== undefined) out.set(name, Array.isArray(value) ? value.join(',') : value)
  return out.toString()
}

/**
 * fromAddress is what an address brings into a form: plain values and lists of them, of
 * fields that the form has. Whoever signs sees them and may change them.
 */
export function fromAddress(fields: FormField[], address: URLSearchParams): FormValues {
  const out: FormValues = {}
  for (const { field } of fields) {
    const value = address.get(field.name ?? '')
    if (!value || value.length > 2000 || ['object', 'officer', 'materials', 'intervals', 'commitment', 'bool'].includes(field.type)) continue
    if (field.type !== 'list') out[field.name ?? ''] = value
    else if (!['object', 'officer'].includes(itemOf(field).type)) out[field.name ?? ''] = value.split(',').filter((item) => item !== '')
  }
  return out
}
