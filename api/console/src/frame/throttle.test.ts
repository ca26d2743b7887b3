import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { throttle } from './throttle'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('a burst runs once at once and once more at its end', () => {
  let n = 0
  const t = throttle(() => n++, 1000)
  for (let i = 0; i < 50; i++) t.call()
  expect(n).toBe(1)
  vi.advanceTimersByTime(999)
  expect(n).toBe(1)
  vi.advanceTimersByTime(1)
  expect(n).toBe(2)
  vi.advanceTimersByTime(5000)
  expect(n).toBe(2)
})

test('a steady stream runs once a wait', () => {
  let n = 0
  const t = throttle(() => n++, 1000)
  for (let ms = 0; ms < 10_000; ms += 10) {
    t.call()
    vi.advanceTimersByTime(10)
  }
  expect(n).toBeGreaterThanOrEqual(10)
  expect(n).toBeLessThanOrEqual(11)
})

test('what was cancelled does not run', () => {
  let n = 0
  const t = throttle(() => n++, 1000)
  t.call()
  t.call()
  t.cancel()
  vi.advanceTimersByTime(5000)
  expect(n).toBe(1)
})
