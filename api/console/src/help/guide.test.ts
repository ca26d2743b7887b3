import { expect, test } from 'vitest'
import { guideOf } from './guide'
import { terms } from './terms'

test('every office has a guide, and somebody with two offices reads nothing twice', () => {
  for (const role of ['clerk', 'officer', 'unit_head', 'bureau_head', 'liaison', 'legal', 'lead', 'expert', 'auditor', 'operator']) expect(guideOf([role]).length, role).toBeGreaterThan(0)
  const both = guideOf(['clerk', 'liaison']).map((p) => p.text)
  expect(new Set(both).size).toBe(both.length)
  expect(guideOf(['nobody'])).toEqual([])
})

test('terms have both languages and stand once', () => {
  expect(terms.every((w) => w.zh !== '' && w.en !== '')).toBe(true)
  expect(new Set(terms.map((w) => w.zh)).size).toBe(terms.length)
})
