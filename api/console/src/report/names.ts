import { useLaws, useProcedures } from '../api/queries'
import { useSpeech } from '../i18n/lang'
import { limitOf } from '../law/document'
import { useNames } from '../record/names'
import type { Cell, Cut, Report } from './model'

/** useCells names the groups of a report: by the report itself, or as regions, organisations, procedures and limits are called. */
export function useCells(report: Report | undefined) {
  const { of } = useSpeech()
  const names = useNames()
  const procedures = useProcedures()
  const laws = useLaws(proceduresIn(report))
  const cell = (dimension: string, c: Cell, key: Cell[] = [], dimensions: string[] = []): string => {
    const own = c.name && of(c.name)
    if (own) return own
    if (/^\d{6}$/.test(c.code)) return names.region(c.code)
    if (/^\d{6}-/.test(c.code)) return names.org(c.code)
    if (dimension === 'procedure') return of(procedures.data?.items.find((p) => p.name === c.code)?.title) || c.code
    if (dimension === 'limit') {
      const law = laws[key[dimensions.indexOf('procedure')]?.code ?? '']
      return (law && of(limitOf(law, c.code))) || c.code
    }
    return c.code
  }
  const group = (cut: Cut, key: Cell[]) => {
    const dimensions = cut.dimensions.map((d) => d.name)
    return key.map((c, i) => cell(dimensions[i], c, key, dimensions)).join(' · ')
  }
  return { cell, group }
}

/** proceduresIn are the procedures whose limits a report tells apart: their law names them. */
function proceduresIn(report: Report | undefined): string[] {
  const found = new Set<string>()
  for (const f of report?.figures ?? [])
    for (const c of f.by ?? []) {
      const at = c.dimensions.findIndex((d) => d.name === 'procedure')
      if (at >= 0 && c.dimensions.some((d) => d.name === 'limit')) for (const g of c.groups) found.add(g.key[at].code)
    }
  return [...found].sort()
}
