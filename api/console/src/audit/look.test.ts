import { expect, test } from 'vitest'
import { lookOf, timeOf } from './look'

test('an entry of an access log is read, and nothing else is', () => {
  const look = lookOf('{"time":1763712000123,"action":"read","region":"110000","record":"CT-110000-2025-000001","what":["name"],"salt":"AAAAAAAAAAAAAAAAAAAAAA"}')
  expect([look?.action, look?.record, look?.what, look?.count, look?.person]).toEqual(['read', 'CT-110000-2025-000001', ['name'], 0, ''])
  expect(timeOf(look?.time ?? 0)).toBe('2025-11-21 16:00:00')
  for (const other of ['', '{}', 'null', '[]', '{"action":1}']) expect(lookOf(other), other).toBeNull()
})
