import { expect, test } from 'vitest'
import { words as code } from '../code/words'
import { dict, rooms, say } from './dict'
import { fill } from './words'

test('no two rooms have a text of the same key', () => {
  const keys = Object.values(rooms).flatMap((words) => Object.keys(words))
  expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([])
  expect(Object.keys(dict).sort()).toEqual(keys.sort())
})

test('a word goes by its number', () => {
  expect(fill('{n} {n:file|files} of {who}', { n: 1, who: 'A' })).toBe('1 file of A')
  expect(fill('{n} {n:file|files} of {who}', { n: 0 })).toBe('0 files of {who}')
  expect(fill('{n:The row is|All rows are} right', { n: '12' })).toBe('All rows are right')
  expect(say('en', 'act.check.files', { n: 1 })).toBe('1 file')
  expect(say('zh', 'act.check.files', { n: 1 })).toBe('1 份')
})

test('no English text says "1 files"', () => {
  // The names of places that are numbers, before a word that ends in s: such a word goes by them.
  const wrong = Object.entries(dict).filter(([, text]) => /\{(n|m|b|d|k|r|size)\} (?:[a-z]+ )?(?!(?:is|this|differs|minutes)\b)[a-z-]+s\b/.test(text.en))
  expect(wrong.map(([key, text]) => `${key}: ${text.en}`)).toEqual([])
  for (const [key, text] of Object.entries(dict)) expect(text.zh, `${key}: Chinese knows no plural`).not.toMatch(/\{\w+:/)
})

test('English has straight quotation marks: Chinese fonts draw the others as wide as a character', () => {
  const texts = [...Object.entries(dict), ...Object.entries(code)]
  expect(texts.filter(([, text]) => /[\u2018-\u201d]/.test(text.en)).map(([key]) => key)).toEqual([])
})
