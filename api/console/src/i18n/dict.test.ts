import { expect, test } from 'vitest'
import { dict, rooms } from './dict'

test('no two rooms have a text of the same key', () => {
  const keys = Object.values(rooms).flatMap((words) => Object.keys(words))
  expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([])
  expect(Object.keys(dict).sort()).toEqual(keys.sort())
})
