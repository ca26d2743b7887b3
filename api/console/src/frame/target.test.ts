import { expect, test } from 'vitest'
import { target } from './target'

test('a record id leads to its record, anything else to a list', () => {
  expect(target(' un-120000-2025-000001 ')).toBe('/record/UN-120000-2025-000001')
  expect(target('津市监案移〔2025〕1号')).toBe('/records?text=' + encodeURIComponent('津市监案移〔2025〕1号'))
  expect(target('911201')).toBe('/records?text=911201')
  expect(target('  ')).toBeNull()
})
