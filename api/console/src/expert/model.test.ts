import { expect, test } from 'vitest'
import { addressOf, ending, queryOf, searchOf, wrongOf } from './model'

const none = searchOf(new URLSearchParams())

test('a search stands in the address, and what is empty in neither', () => {
  const s = { ...none, field: 'cable', party: '91130108MA0000AB1C', out: true }
  expect(searchOf(addressOf(s))).toEqual(s)
  expect(addressOf(s).toString()).toBe('field=cable&party=91130108MA0000AB1C&out=true')
  expect(Object.values(queryOf(none, 5)).filter((v) => v !== undefined)).toEqual([5])
})

test('what is wrong is said before anybody is asked', () => {
  expect(wrongOf(none)).toEqual({ party: false, days: false })
  expect(wrongOf({ ...none, party: '9113' }).party).toBe(true)
  expect(wrongOf({ ...none, from: '2025-02-30x' }).days).toBe(true)
  expect(wrongOf({ ...none, to: '2025-05-01' }).days).toBe(true)
  expect(wrongOf({ ...none, from: '2025-05-02', to: '2025-05-01' }).days).toBe(true)
  expect(wrongOf({ ...none, from: '2025-05-02', to: '2025-05-02' }).days).toBe(false)
})

test('a term that ends soon is told', () => {
  expect(ending('2025-12-31', '2025-05-01')).toBeUndefined()
  expect(ending('2025-05-31', '2025-05-01')).toEqual({ over: false, days: 30 })
  expect(ending('2025-04-30', '2025-05-01')).toEqual({ over: true, days: -1 })
})
