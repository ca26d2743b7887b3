import { expect, test } from 'vitest'
import { digestOf } from './digest'
import { frozen, isRecord, quotaOf, strataOf, typed } from './model'
import { parsePool, parseRule } from './text'

test('candidates are read as people paste them, and the wrong lines are named', () => {
  const { pool, wrong } = typed('\ufeffsandi-pool/1\r\nB,91110108XXXX00078T\r\n\r\nA 91110112XXXX000079 visited\nA\n生态环境\tEX-110000-2025-000001\nA 91110112XXXX000079\nA a b c')
  expect(pool).toEqual([
    { stratum: 'B', id: '91110108XXXX00078T', excluded: '' },
    { stratum: 'A', id: '91110112XXXX000079', excluded: 'visited' },
    { stratum: '生态环境', id: 'EX-110000-2025-000001', excluded: '' },
  ])
  expect(wrong).toEqual([5, 7, 8])
  expect(strataOf(pool)).toEqual(['A', 'B', '生态环境'])
})

test('a quota is a number or a rate', () => {
  expect(quotaOf('A', ' 3 ')).toEqual({ stratum: 'A', number: 3, rate: 0 })
  expect(quotaOf('A', '30%')).toEqual({ stratum: 'A', number: 0, rate: 3000 })
  expect(quotaOf('A', '2.01％')).toEqual({ stratum: 'A', number: 0, rate: 201 })
  for (const text of ['', '0', '-1', '1.5', '0%', '101%', '1.234%', 'all']) expect(quotaOf('A', text)).toBeUndefined()
})

test('the form states what the texts say', () => {
  const { pool } = typed('b x\na y visited\na z')
  const rule = { kind: 'target', exclusions: 'PC-1', quotas: [{ stratum: 'b', number: 0, rate: 5000 }, { stratum: 'a', number: 4, rate: 0 }] }
  const f = frozen(pool, rule, '2025-05-12T08:30')
  expect(parsePool(f.pool).map((c) => c.id)).toEqual(['y', 'z', 'x'])
  expect(parseRule(f.rule).quotas.map((q) => q.stratum)).toEqual(['a', 'b'])
  expect(f.form).toMatchObject({ pool_hash: digestOf(f.pool), rule_hash: digestOf(f.rule), pool_count: '3', quota: '2', exclusions: [{ item: 'y', reason: 'visited' }] })
  expect(f.form.strata).toEqual([{ key: 'b', rate: '50.00' }, { key: 'a', n: '4' }])
})

test('an expert has a record, an enterprise a code', () => {
  expect(isRecord('EX-110000-2025-000001')).toBe(true)
  expect(isRecord('91110108XXXX00078T')).toBe(false)
})
