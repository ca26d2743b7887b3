import { expect, test } from 'vitest'
import type { Document, Field } from '../law/document'
import { addressOf, asTyped, fault, faults, formOf, fromAddress, pasted, unfinished, wire, wireAll } from './model'

const label = { zh: '甲', en: 'A' }
const field = (name: string, type: string, more: Partial<Field> = {}): Field => ({ ...label, name, type, ...more })

test('a form holds what the event asks for, mandatory first, never a collection', () => {
  const law = { fields: [field('b', 'text'), field('a', 'string'), field('c', 'collection')] } as unknown as Document
  expect(formOf(law, { require: ['a', 'c', 'unknown'], optional: ['b'] }).map((f) => [f.field.name, f.required])).toEqual([
    ['a', true],
    ['b', false],
  ])
})

test('what is empty is not sent', () => {
  const fields = [field('a', 'string'), field('l', 'list', { of: field('', 'string') }), field('o', 'officer'), field('b', 'bool')]
  const form = fields.map((f) => ({ field: f, required: false }))
  expect(wireAll(form, { a: '  ', l: ['', ' '], o: { cert_no: '', person: '' } })).toEqual({})
  expect(wireAll(form, { a: ' x ', l: ['', 'y'], o: { cert_no: '冀R-1', person: '' }, b: false })).toEqual({ a: 'x', l: ['y'], o: { cert_no: '冀R-1' }, b: false })
})

test('numbers, credit codes and times take the form of the API', () => {
  expect(wire(field('n', 'int'), '42')).toBe(42)
  expect(wire(field('n', 'int'), '4,2')).toBe('4,2')
  expect(wire(field('d', 'decimal'), '0.30')).toBe('0.30')
  expect(wire(field('u', 'uscc'), '91131003xxxx00027r')).toBe('91131003XXXX00027R')
  expect(wire(field('t', 'time'), '2025-11-10T09:00')).toBe('2025-11-10T09:00:00+08:00')
})

test('materials and lists of officers go out with their members', () => {
  const materials = field('m', 'materials')
  expect(wire(materials, [{ commitment: 'sc1.x', kind: 'documentary', name: '', pages: '3', size: '10' }, {}])).toEqual([
    { commitment: 'sc1.x', kind: 'documentary', pages: 3, size: 10 },
  ])
  expect(wire(field('h', 'list', { of: field('', 'officer') }), [{ cert_no: 'A1', person: '赵*' }])).toEqual([{ cert_no: 'A1', person: '赵*' }])
})

test('faults that can be seen here are said at once', () => {
  expect(fault(field('a', 'string', { min: 5 }), true, '')).toEqual({ key: 'err.missing' })
  expect(fault(field('a', 'string', { min: 5 }), false, '')).toBeUndefined()
  expect(fault(field('a', 'text', { min: 5 }), true, '四个字的')).toEqual({ key: 'err.short', n: 5 })
  expect(fault(field('a', 'string', { max: 2 }), true, '𠀀𠀀𠀀')).toEqual({ key: 'err.long', n: 2 })
  expect(fault(field('l', 'list', { min: 2 }), true, ['x'])).toEqual({ key: 'err.few', n: 2 })
  expect(fault(field('n', 'int'), true, 'x')).toEqual({ key: 'err.number' })
  expect(fault(field('d', 'date'), true, '10.11.2025')).toEqual({ key: 'err.date' })
  expect(fault(field('d', 'doc_no'), true, '12号')).toEqual({ key: 'err.doc_no' })
  expect(fault(field('d', 'doc_no'), true, '京市监案移〔2025〕12号')).toBeUndefined()
  expect(Object.keys(faults([{ field: field('a', 'string'), required: true }, { field: field('b', 'string'), required: true }], {}))).toEqual(['a', 'b'])
})

test('a row of a list says what it lacks, and empty rows are none', () => {
  const materials = field('m', 'materials')
  const whole = { commitment: 'sc1.x', kind: 'documentary', pages: '3', size: '10' }
  expect(fault(materials, true, [undefined, whole, {}])).toBeUndefined()
  expect(fault(materials, true, [whole, { ...whole, pages: '' }])).toMatchObject({ key: 'err.missing', in: { row: 2, member: { name: 'pages' } } })
  expect(fault(materials, true, [{}, { ...whole, pages: '三' }])).toMatchObject({ key: 'err.number', in: { row: 2, member: { name: 'pages' } } })
  const list = field('l', 'list', { of: field('', 'object', { fields: [field('a', 'date'), field('b', 'int', { optional: true })] }) })
  expect(fault(list, true, [{ a: '2025-11-10' }])).toBeUndefined()
  expect(fault(list, true, [{ b: '1' }])).toMatchObject({ key: 'err.missing', in: { row: 1, member: { name: 'a' } } })
})

test('where the law takes a list without items, somebody can say that there are none', () => {
  const any = field('l', 'list', { of: field('', 'string') })
  expect(wireAll([{ field: any, required: true }], { l: [] })).toEqual({ l: [] })
  expect(fault(any, true, [])).toBeUndefined()
  expect(fault(any, true, undefined)).toEqual({ key: 'err.missing' })
  expect(fault(any, true, [''])).toEqual({ key: 'err.missing' })
  expect(fault(field('l', 'list', { min: 1, of: field('', 'string') }), true, [])).toEqual({ key: 'err.missing' })
})

test('a row that lacks what the law wants of each is not finished', () => {
  const list = field('l', 'list', { of: field('', 'object', { fields: [field('no', 'int'), field('note', 'string', { optional: true }), field('kind', 'enum')] }) })
  expect(unfinished(list, [{ no: 1, kind: 'x' }])).toBe(false)
  expect(unfinished(list, [{ no: 1, kind: 'x' }, { no: 2 }])).toBe(true)
  expect(unfinished(field('m', 'materials'), [{ commitment: 'sc1.x', kind: 'k', size: 1 }])).toBe(true)
  expect(unfinished(field('l', 'list', { of: field('', 'string') }), ['x'])).toBe(false)
})

test('cells of a spreadsheet go into the rows of a list, from where they were pasted', () => {
  const grade = field('grade', 'enum', { values: [{ name: 'major', zh: '严重', en: 'Major' }] })
  const list = field('l', 'list', { of: field('', 'object', { fields: [field('id', 'string'), grade] }) })
  expect(pasted(list, [{ id: 'F0' }], 1, 'id', 'F1\t严重\r\nF2\tmajor\n')).toEqual([{ id: 'F0' }, { id: 'F1', grade: 'major' }, { id: 'F2', grade: 'major' }])
  expect(pasted(list, [{ id: 'F0' }], 0, 'grade', 'Major\tbeyond\nwhat')).toEqual([{ id: 'F0', grade: 'major' }, { grade: 'what' }])
  expect(pasted(list, [], 0, 'id', 'one line of text')).toBeUndefined()
  expect(pasted(field('l', 'list', { of: field('', 'string') }), [], 0, undefined, 'a\nb')).toEqual(['a', 'b'])
})

test('an address brings plain values of fields that the form has', () => {
  const fields = [
    { field: { name: 'plan', type: 'record', zh: '', en: '' }, required: true },
    { field: { name: 'orgs', type: 'list', of: { type: 'org', zh: '', en: '' }, zh: '', en: '' }, required: true },
    { field: { name: 'hosts', type: 'list', of: { type: 'object', zh: '', en: '' }, zh: '', en: '' }, required: true },
    { field: { name: 'file', type: 'commitment', zh: '', en: '' }, required: true },
  ]
  const address = addressOf({ plan: 'MP-1', orgs: ['110000-SJ', '120000-SJ'], hosts: 'x', file: 'sc1.x', other: 'y', none: undefined })
  expect(fromAddress(fields, new URLSearchParams(address))).toEqual({ plan: 'MP-1', orgs: ['110000-SJ', '120000-SJ'] })
})

test('what a record says can be taken over, and goes out as it came', () => {
  expect(asTyped(field('x', 'time'), '2025-05-27T08:50:00+08:00')).toBe('2025-05-27T08:50') // what the input shows
  for (const [type, value] of [['int', 42], ['bool', false], ['time', '2025-05-27T08:50:00+08:00'], ['date', '2025-05-27'], ['enum', 'a']] as const) {
    expect(wire(field('x', type), asTyped(field('x', type), value))).toBe(value)
  }
})
