import { expect, test } from 'vitest'
import { fieldErrors, mendOf, Problem } from './problem'

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
})

test('a refusal has a mend: its own, or that of the law', () => {
  expect(mendOf(new Problem(412, { code: 'precondition_failed' }))).toBe('mend.precondition_failed')
  expect(mendOf(new Problem(409, { code: 'second_transfer', cite: '第14条' }))).toBe('mend.law')
  expect(mendOf(new Problem(409, { code: 'major_must_be_listed' }))).toBe('mend.other')
  expect(mendOf(new Problem(500, { code: 'internal' }))).toBeUndefined()
})
