import { expect, test } from 'vitest'
import { civil, day, daysBetween, minute } from './time'

test('times are shown as the bureaus write them', () => {
  expect(day('2025-11-10T23:59:00+08:00')).toBe('2025-11-10')
  expect(minute('2025-11-10T09:05:59+08:00')).toBe('2025-11-10 09:05')
  expect(minute(undefined)).toBe('')
  expect(civil(1747794600)).toBe('2025-05-21 10:30')
})

test('days between two dates', () => {
  expect(daysBetween('2025-02-27', '2025-03-01T08:00:00+08:00')).toBe(2)
  expect(daysBetween('2025-03-01', '2025-02-27')).toBe(-2)
})
