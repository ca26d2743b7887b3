import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { known } from '../i18n/dict'
import { fieldErrors, mendOf, ownMend, Problem } from './problem'

test('errors go to their fields, nested ones with their place', () => {
  const p = new Problem(422, {
    code: 'validation_failed',
    errors: [
      { location: 'body.fields.doc_no', code: 'missing', message: '必填' },
      { location: 'body.fields.handlers[1].cert_no', code: 'bad_format', message: '格式不正确' },
      { location: 'body.fields.handlers', code: 'out_of_range', message: '太少' },
      { location: 'body.role', code: 'role_needed', message: '—' },
    ],
  })
  expect(fieldErrors(p)).toEqual({ doc_no: '必填', handlers: '[1].cert_no: 格式不正确; 太少' })
  const said = new Problem(422, { errors: [{ location: 'body.fields.materials[0].pages', code: 'missing', message: '证据材料清单[0].pages：内容不全' }] })
  expect(fieldErrors(said)).toEqual({ materials: '证据材料清单[0].pages：内容不全' })
})

test('a refusal has a mend: its own, or that of the law', () => {
  expect(mendOf(new Problem(412, { code: 'precondition_failed' }))).toBe('mend.precondition_failed')
  expect(mendOf(new Problem(409, { code: 'second_transfer', cite: '第14条' }))).toBe('mend.law')
  expect(mendOf(new Problem(409, { code: 'major_must_be_listed' }))).toBe('mend.other')
  expect(mendOf(new Problem(409, { code: 'stale_prev' }))).toBe('mend.precondition_failed')
  expect(mendOf(new Problem(502, { code: 'never_heard_of' }))).toBe('mend.tell')
})

test('every code that the doors answer with has a mend, in both languages', () => {
  const text = readFileSync(new URL('../../../problem/code.go', import.meta.url), 'utf8')
  const codes = [...text.matchAll(/^\t\w+ += "([a-z_]+)"$/gm)].map((found) => found[1])
  expect(codes.length).toBeGreaterThan(70) // as many stand in its const block
  for (const code of [...codes, 'network', 'unexpected']) {
    const key = ownMend(code)
    expect(key !== undefined && known(key), `${code}: say in src/api/words.ts what to do about it`).toBe(true)
  }
})
