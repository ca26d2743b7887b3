import { expect, test } from 'vitest'
import { cellsOf, comparisons, condition, csvOf, draft, loadMost, withCondition, type Column, type DataSet } from './model'

const column = (more: Partial<Column>): Column => ({ name: 'x', title: { zh: '甲', en: 'A' }, type: 'string', class: 'clear', ...more })

test('a condition is what the filter language has', () => {
  expect(condition(column({ type: 'enum', choices: ['C', 'D'] }), '==', 'D')).toBe('x == "D"')
  expect(condition(column({ type: 'enum', choices: ['C', 'D'] }), '==', 'E')).toBeUndefined()
  expect(condition(column({}), 'contains', ' a"b\\ ')).toBe('x.contains("a\\"b\\\\")')
  expect(condition(column({}), '==', '  ')).toBeUndefined()
  expect(condition(column({ type: 'date' }), '>=', '2025-01-01')).toBe('x >= "2025-01-01"')
  expect(condition(column({ type: 'date' }), '>=', '去年')).toBeUndefined()
  expect(condition(column({ type: 'integer' }), '<=', '-012')).toBe('x <= -12')
  expect(condition(column({ type: 'integer' }), '<=', '1.5')).toBeUndefined()
  expect(condition(column({ may_lack: true }), 'known', '')).toBe('known.x')
  expect(condition(column({ may_lack: true }), 'unknown', '')).toBe('!known.x')
})

test('decimals are whole numbers of their last place', () => {
  const money = column({ type: 'decimal', places: 2 })
  expect(condition(money, '>=', '12.5')).toBe('x >= 1250')
  expect(condition(money, '>=', '12')).toBe('x >= 1200')
  expect(condition(money, '==', '-0.01')).toBe('x == -1')
  expect(condition(money, '==', '-0')).toBe('x == 0')
  for (const none of ['12.505', '', '1e3', '12.', '１２']) expect(condition(money, '>=', none)).toBeUndefined()
})

test('conditions are joined, and what either would give stays in brackets', () => {
  expect(withCondition('', 'a == 1')).toBe('a == 1')
  expect(withCondition('true', 'a == 1')).toBe('a == 1')
  expect(withCondition('b == 2', 'a == 1')).toBe('b == 2 && a == 1')
  expect(withCondition('b == 2 || c', 'a == 1')).toBe('(b == 2 || c) && a == 1')
  expect(withCondition('(b || c)', 'a == 1')).toBe('(b || c) && a == 1')
  expect(withCondition('(b || c) || (d)', 'a == 1')).toBe('((b || c) || (d)) && a == 1')
})

test('comparisons are those of the type', () => {
  expect(comparisons(column({ type: 'enum' }))).toEqual(['==', '!='])
  expect(comparisons(column({ type: 'date', may_lack: true }))).toEqual(['>=', '<=', '==', 'known', 'unknown'])
})

test('a draft asks for nothing personal, and of whom it is told', () => {
  const set = { record: 'DS-130000-2025-000001', owner: '130000', title: '', state: '', shared: true, columns: [column({ name: 'a' }), column({ name: 'b', class: 'personal' })] } as DataSet
  expect(draft(set, '130000-SJ')).toEqual({ data_set: set.record, agreed_columns: ['a'], row_filter: 'true', counterpart: '130000-SJ' })
  expect(draft(set).counterpart).toBeUndefined()
})

test('rows as a spreadsheet takes them', () => {
  expect(cellsOf(['a', null, 12, ''])).toEqual(['a', '', '12', ''])
  expect(cellsOf({})).toEqual([])
  expect(csvOf(['h,1', 'h2'], [['=1+1', 'a"b'], ['-5', '']])).toBe('\ufeff"h,1",h2\r\n\'=1+1,"a""b"\r\n\'-5,\r\n')
})

test('a workbook may be smaller than a list', () => {
  expect(loadMost({ name: 'a.XLSX' })).toBeLessThan(loadMost({ name: 'a.csv' }))
})
