import { expect, test } from 'vitest'
import type { RecordRow } from '../api/client'
import { figuresOf } from './figures'

const row = (...dues: [region: string, due: string][]) => ({ dues: dues.map(([region, due]) => ({ name: 'x', region, due: `${due}T23:59:59+08:00`, overdue: due < '2025-11-10' })) }) as unknown as RecordRow
const count = (rows: RecordRow[], more: boolean) => figuresOf(rows, more, '2025-11-10T09:00:00+08:00', '110000')

test('all on one page are counted exactly, those of other regions not at all', () => {
  const rows = [row(['110000', '2025-11-03']), row(['120000', '2025-11-04'], ['110000', '2025-11-12']), row(['110000', '2025-12-01']), row(['120000', '2025-12-02'])]
  expect(count(rows, false)).toEqual({ overdue: { n: 1, exact: true }, soon: { n: 1, exact: true }, owed: { n: 3, exact: true } })
})

test('with more pages a count is exact once the list is past what is counted', () => {
  const late = row(['110000', '2025-11-03'])
  const near = row(['110000', '2025-11-12'])
  const far = row(['110000', '2025-12-01'])
  expect(count([late, near, far], true)).toEqual({ overdue: { n: 1, exact: true }, soon: { n: 1, exact: true }, owed: { n: 3, exact: false } })
  expect(count([late, near], true)).toMatchObject({ overdue: { exact: true }, soon: { n: 1, exact: false } })
  expect(count([late, late], true)).toMatchObject({ overdue: { n: 2, exact: false }, soon: { n: 0, exact: false } })
})

test('a later row may be due as early as the earliest limit of the last one, whoever owes that', () => {
  expect(count([row(['120000', '2025-11-03'], ['110000', '2025-12-01'])], true)).toMatchObject({ overdue: { n: 0, exact: false } })
})
