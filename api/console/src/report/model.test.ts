import { expect, test } from 'vitest'
import { accountOf, barsMax, crossOf, periodOf, plotOf, shown, step, type Cut, type Group } from './model'

const group = (code: string, value?: string, more: Partial<Group> = {}): Group => ({ key: [{ code }], n: 1, value, ...more })
const cut = (dims: string[], groups: [string[], string][]): Cut => ({
  dimensions: dims.map((name) => ({ name, title: { zh: name, en: name } })),
  groups: groups.map(([key, value]) => ({ key: key.map((code) => ({ code })), n: 1, value })),
})

test('values as people read them', () => {
  expect(shown('0.2821', true)).toBe('28.2%')
  expect(shown('1234567.50', false)).toBe('1,234,567.50')
  expect(shown('-1234', false)).toBe('-1,234')
  expect(shown(undefined, true)).toBe('—')
})

test('ticks stand at round numbers', () => {
  expect(step(1)).toBe(0.5)
  expect(step(945)).toBe(500)
  expect(step(7)).toBe(2)
})

test('a share has an axis to one, its interval and its floor', () => {
  const p = plotOf([group('a', '0.25', { low: '0.1', high: '0.5', floor: '0.30' }), group('b')], true)
  expect(p.zero).toBe(0)
  expect(p.bars[0]).toMatchObject({ from: 0, to: 0.25, low: 0.1, high: 0.5, defined: true })
  expect(p.bars[1]).toMatchObject({ from: 0, to: 0, defined: false })
  expect(p.floor).toBeCloseTo(0.3)
  expect(p.ticks.map((t) => t.value)).toEqual([0, 0.5, 1])
})

test('negative values go the other way from zero', () => {
  const p = plotOf([group('a', '-4'), group('b', '4')], false)
  expect(p.zero).toBeCloseTo(0.5)
  expect(p.bars[0].to).toBeCloseTo(p.zero)
  expect(p.bars[0].from).toBe(0)
  expect(p.bars[1].from).toBeCloseTo(p.zero)
})

test('nothing, and all alike nothing, still has an axis', () => {
  expect(plotOf([], false).ticks.length).toBeGreaterThan(1)
  expect(plotOf([group('a', '0')], false).bars[0].to).toBe(0)
  expect(plotOf(Array.from({ length: 50 }, (_, i) => group(String(i), '1')), false)).toMatchObject({ left: 50 - barsMax })
})

test('an account has both sides of everybody', () => {
  const given = cut(['sender'], [[['120000'], '3'], [['110000'], '1']])
  const received = cut(['receiver'], [[['130000'], '4']])
  expect(accountOf(given, received).map((a) => [a.of.code, a.sent, a.received])).toEqual([['110000', 1, 0], ['120000', 3, 0], ['130000', 0, 4]])
})

test('two dimensions make a cross table, with holes where nothing was', () => {
  const c = crossOf(cut(['region', 'grade'], [[['110000', 'major'], '1'], [['120000', 'general'], '2']]))
  expect(c?.columns.map((x) => x.code)).toEqual(['major', 'general'])
  expect(c?.rows.map((r) => r.cells.map((g) => g?.value))).toEqual([['1', undefined], [undefined, '2']])
  expect(crossOf(cut(['region'], []))).toBeUndefined()
  expect(crossOf(cut(['a', 'b'], Array.from({ length: 9 }, (_, i) => [['x', String(i)], '1'])))).toBeUndefined()
})

test('periods', () => {
  expect(periodOf('year', '2025-11-10')).toEqual({ from: '2025-01-01', to: '2025-12-31' })
  expect(periodOf('last', '2025-11-10')).toEqual({ from: '2024-01-01', to: '2024-12-31' })
  expect(periodOf('quarter', '2025-11-10')).toEqual({ from: '2025-10-01', to: '2025-12-31' })
  expect(periodOf('quarter', '2025-05-10')).toEqual({ from: '2025-04-01', to: '2025-06-30' })
})
