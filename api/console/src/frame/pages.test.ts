import { expect, test } from 'vitest'
import { pageOf } from './pages'

test('a page is its part of the items; one that there is not is the last', () => {
  const items = Array.from({ length: 45 }, (_, i) => i)
  expect(pageOf(items, 1, 20).items[19]).toBe(19)
  expect(pageOf(items, 3, 20)).toEqual({ items: [40, 41, 42, 43, 44], page: 3, pages: 3 })
  expect(pageOf(items, 9, 20).page).toBe(3)
  expect(pageOf(items, 0, 20).page).toBe(1)
  expect(pageOf([], 5, 20)).toEqual({ items: [], page: 1, pages: 1 })
})
