import { expect, test } from 'vitest'
import { ulid } from './ulid'

test('a ulid is 26 characters of Crockford base 32 and sorts by time', () => {
  expect(ulid(0, new Uint8Array(10))).toBe('0'.repeat(26))
  expect(ulid(2 ** 48 - 1, new Uint8Array(10).fill(255))).toBe('7' + 'Z'.repeat(25))
  expect(ulid(1469918176385, new Uint8Array(10)).slice(0, 10)).toBe('01ARYZ6S41')
  expect(ulid(1, new Uint8Array(10)) > ulid(0, new Uint8Array(10).fill(255))).toBe(true)
})

test('every random bit counts', () => {
  const seen = new Set<string>()
  for (let bit = 0; bit < 80; bit++) {
    const random = new Uint8Array(10)
    random[bit >> 3] = 1 << (bit & 7)
    seen.add(ulid(7, random))
  }
  expect(seen.size).toBe(80)
})
