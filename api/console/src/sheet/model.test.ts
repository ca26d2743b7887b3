import { expect, test } from 'vitest'
import { countsOf, fault, officesOf, printJobs, progress, shown, unfinished, type Report, type Row } from './model'

const row = (n: number, status: string, errors?: Row['errors']): Row => ({ row: n, status, errors })
const report = (items: Row[]): Report => ({ procedure: 'p', rows: items.length, bad: items.filter((r) => r.status === 'wrong').length, good: 0, done: 0, items })

test('rows are counted by what would come of them', () => {
  const r = report([row(2, 'ready'), row(3, 'wrong'), row(4, 'done'), row(5, 'part'), row(6, 'pending')])
  expect(countsOf(r)).toEqual({ rows: 5, wrong: 1, there: 1, ready: 3 })
  expect(shown(r.items, 'wrong').map((x) => x.row)).toEqual([3])
  expect(shown(r.items, 'rest').map((x) => x.row)).toEqual([2, 4, 5, 6])
  expect(shown(r.items, 'all')).toHaveLength(5)
})

test('a sheet that was broken off is to be sent again; one that is wrong is not', () => {
  expect(unfinished(report([row(2, 'done'), row(3, 'part')]))).toBe(true)
  expect(unfinished(report([row(2, 'wrong', [{ code: 'no_quorum', zh: '', en: '' }])]))).toBe(true)
  expect(unfinished(report([row(2, 'wrong', [{ code: 'missing', zh: '', en: '' }])]))).toBe(false)
})

test('progress follows the ledger and never says that it is over', () => {
  expect(progress(-3, 500, 2)).toBe(0)
  expect(progress(500, 500, 2)).toBe(0.5)
  expect(progress(4000, 500, 2)).toBe(0.99)
  expect(progress(0, 0, 2)).toBe(0)
})

test('files that cannot be sheets are not sent', () => {
  expect(fault({ name: '线索.XLSX', size: 5000 })).toBeUndefined()
  expect(fault({ name: 'a.csv', size: 0 })).toBe('empty')
  expect(fault({ name: 'a.csv', size: 9 << 20 })).toBe('size')
  expect(fault({ name: 'a.pdf', size: 100 })).toBe('kind')
})

test('a sheet is for offices that may take all its steps', () => {
  const by = (...roles: string[]) => roles.map((role) => ({ party: 'sender', role }))
  const title = { zh: '', en: '' }
  const law = { open: { name: 'open', title, by: by('clerk', 'liaison') }, events: [{ name: 'send', title, by: by('liaison') }] }
  expect(officesOf(law, ['open', 'send'])).toEqual(['liaison'])
  expect(officesOf(law, ['open'])).toEqual(['clerk', 'liaison'])
})

test('what an import made is printed in jobs that a print page takes, rows that are not there left out', () => {
  const rows = [1, 2, 3, 4].map((n) => ({ ...row(n, n === 2 ? 'wrong' : 'done'), record: n === 3 ? undefined : `LT-110000-2025-00000${n}` }))
  expect(printJobs(rows, 200)).toEqual([['LT-110000-2025-000001', 'LT-110000-2025-000004']])
  expect(printJobs(rows, 1)).toEqual([['LT-110000-2025-000001'], ['LT-110000-2025-000004']])
  expect(printJobs([row(2, 'ready')], 200)).toEqual([])
})
