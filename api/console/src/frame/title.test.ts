import { expect, test } from 'vitest'
import { screens } from '../screens'
import { recordOf, roomOf } from './title'

test('every page has a name for its tab, and says which record it is about', () => {
  for (const { path } of screens) expect(roomOf(`/${path}`), path).toBeDefined()
  expect(roomOf('/')).toBe('nav.desk')
  expect(roomOf('/nowhere')).toBeUndefined()
  expect(recordOf('/agreement/DA-110000-2025-000001/ask')).toBe('DA-110000-2025-000001')
  expect(recordOf('/open/case_transfer')).toBeUndefined()
})
