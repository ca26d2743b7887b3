import { expect, test } from 'vitest'
import { before, sentenceOf } from './sentence'

test('every kind has a sentence, unknown ones too', () => {
  expect(sentenceOf({ kind: 'record.open' })).toBe('audit.opened')
  expect(sentenceOf({ kind: 'record.act' })).toBe('audit.acted')
  expect(sentenceOf({ kind: 'law.vote' })).toBe('audit.kind.law')
  expect(sentenceOf({ kind: 'constructor.x' })).toBe('audit.kind.other')
  expect(sentenceOf({ kind: 'something.new' })).toBe('audit.kind.other')
})

test('pages of entries go back to the first', () => {
  expect(before(130, 50)).toBe(80)
  expect(before(30, 50)).toBe(0)
})
