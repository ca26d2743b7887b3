import { expect, test } from 'vitest'
import { forgetForms, keepForm, keptOf } from './kept'

test('a person finds again what they left in a form, and nobody else does', () => {
  keepForm('甲', 'a', { name: '写了一半' })
  expect(keptOf('甲', 'a')).toEqual({ name: '写了一半' })
  expect(keptOf('乙', 'a')).toBeUndefined()
  keepForm('乙', 'b', { name: 'x' })
  expect(keptOf('甲', 'a')).toBeUndefined()
  keepForm('乙', 'b', undefined)
  expect(keptOf('乙', 'b')).toBeUndefined()
  keepForm('乙', 'b', {})
  forgetForms()
  expect(keptOf('乙', 'b')).toBeUndefined()
})

test('the oldest forms give way', () => {
  for (let n = 0; n < 21; n++) keepForm('甲', String(n), {})
  expect(keptOf('甲', '0')).toBeUndefined()
  expect(keptOf('甲', '1')).toEqual({})
})
