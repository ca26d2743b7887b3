import { expect, test } from 'vitest'
import type { Rule } from '../api/client'
import type { Document } from '../law/document'
import { actOf, foreseen, instant, ruleOf, startsAt } from './foresee'

const label = { zh: '甲', en: 'A' }
const limit = (name: string, start: object[], more: object = {}) => ({ name, title: label, rule: 'r', owner: 'o', start, ...more })
const law = {
  initial: 'draft',
  events: [
    { name: 'send', title: label, from: ['draft'], to: 'sent' },
    { name: 'receive', title: label, from: ['sent'], to: 'received', auto: 'receipt' },
  ],
  deadlines: [
    limit('own', [{ on: ['send'] }]),
    limit('theirs', [{ on: ['other'] }, { on: ['receive'] }]),
    limit('dated', [{ on: ['send'], fields: ['a', 'b'] }]),
    limit('right', [{ on: ['send'] }], { right: true }),
    limit('window', [{ on: ['send'] }], { not_before: true }),
    limit('conditional', [{ on: ['send'], if: 'x' }]),
    limit('opened', [{ on: ['open'] }]),
    limit('never', [{ on: ['other'] }]),
  ],
} as unknown as Document

test('an act starts its own limits and those of the receipt that follows, not rights, windows and conditions', () => {
  expect(foreseen(law, { name: 'send', to: 'sent' }, {}).map((f) => [f.limit.name, f.receipt !== undefined, f.field])).toEqual([
    ['own', false, undefined],
    ['theirs', true, undefined],
    ['dated', false, 'a'],
  ])
  expect(foreseen(law, actOf(law, { name: 'open' }), {}).map((f) => f.limit.name)).toEqual(['opened'])
  expect(foreseen(law, { name: 'send' }, {}).map((f) => f.limit.name), 'a state that stays calls no receipt').toEqual(['own', 'dated'])
})

test('a limit from dates runs from the latest of them, once all are there', () => {
  const dated = (values: Record<string, string>) => foreseen(law, { name: 'send', to: 'sent' }, values).find((f) => f.limit.name === 'dated')
  expect(dated({ a: '2025-09-08' })?.field).toBe('b')
  expect(dated({ a: '2025-09-09', b: '2025-09-08' })?.from).toBe('2025-09-09')
  expect(dated({ a: '2025-09-09', b: 'tomorrow' })?.from).toBeUndefined()
})

test('the node is asked once for each instant, never without a time', () => {
  const list = foreseen(law, { name: 'send', to: 'sent' }, { a: '2025-09-09', b: '2025-09-08' })
  expect(startsAt(list, '2025-11-10T00:00')).toEqual(['2025-11-10T00:00:00+08:00', '2025-09-09T00:00:00+08:00'])
  expect(startsAt(foreseen(law, { name: 'send' }, {}), '2025-11-10T00:00'), 'how long it is is asked before its date is there').toEqual(['2025-11-10T00:00:00+08:00'])
  expect(startsAt(list, '')).toEqual(['2025-09-09T00:00:00+08:00'])
  expect(instant(list[0], '')).toBe('')
})

test('of several wordings of a rule the one in force counts', () => {
  const rules = [{ id: 'r', n: 1 }, { id: 'r', n: 2, ends: '2025-11-12' }] as Rule[]
  expect(ruleOf(rules, 'r')?.n).toBe(2)
  expect(ruleOf(rules, 'x')).toBeUndefined()
})
