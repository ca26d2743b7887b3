import type { Label } from '../i18n/lang'

/** Labels are the words of one procedure, as its law document had them when this page was built. */
export interface Labels {
  name: string // of the procedure
  title: Label
  events: Record<string, Label>
  fields: Record<string, Label & { values?: Record<string, Label>; members?: Record<string, Label> }>
}

/** Law is the labels by the prefix of record ids. */
export type Law = Record<string, Labels>

/** labelsOf finds the words for a statement: by its record, or by the procedure that an opening one names. */
export const labelsOf = (law: Law, record: string, procedure?: string): Labels | undefined =>
  law[record.slice(0, Math.max(0, record.indexOf('-')))] ?? Object.values(law).find((one) => one.name === procedure)

/** shown is a value of a statement in words: nothing here knows a procedure. */
export function shown(value: unknown, of: (label: Label | undefined) => string, field?: Labels['fields'][string]): string {
  if (Array.isArray(value)) return value.map((v) => shown(v, of, field)).join(of({ zh: '；', en: '; ' })) || '—'
  if (typeof value === 'boolean') return of(value ? { zh: '是', en: 'yes' } : { zh: '否', en: 'no' })
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, v]) => `${of(field?.members?.[name]) || name} ${shown(v, of, field)}`)
      .join(of({ zh: '，', en: ', ' }))
  }
  const text = String(value)
  return of(field?.values?.[text]) || text
}
