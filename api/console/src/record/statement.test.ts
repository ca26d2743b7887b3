import { expect, test } from 'vitest'
import { payloadOf } from './statement'

test('a statement is read with its Chinese', () => {
  const payload = btoa(String.fromCharCode(...new TextEncoder().encode('{"kind":"record.act","名":"案件移送"}')))
  expect(payloadOf(`e30.${payload}.sig`)).toBe('{\n  "kind": "record.act",\n  "名": "案件移送"\n}')
  expect(payloadOf('nothing')).toBe('nothing')
})
