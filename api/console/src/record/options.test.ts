import { expect, test } from 'vitest'
import type { Option } from '../api/client'
import { breaksOff, mine, orderOf } from './options'

const who = { region: { code: '120000' }, org: { code: '120000-SJ' }, roles: ['clerk', 'liaison'] }
const option = (more: Partial<Option>): Option => ({ event: 'e', title: { zh: '', en: '' }, to: 's', yours: true, ...more })

test('a step is done in the offices that its party and the person share', () => {
  const by = [
    { party: 'sender', role: 'liaison', region: '120000' },
    { party: 'receiver', role: 'clerk', region: '130000' },
    { party: 'any', role: 'clerk' },
  ]
  expect(mine(option({ by }), who)).toEqual(['liaison', 'clerk'])
  expect(mine(option({ by: by.slice(1, 2) }), who)).toEqual([])
  expect(mine(option({ by, auto: 'due' }), who)).toEqual([])
  expect(mine(option({ by, yours: false }), who)).toEqual([])
})

test('what can be done stands first', () => {
  const refusal = { code: 'x', zh: '', en: '' }
  expect([option({ auto: 'due' }), option({ yours: false }), option({ blocked: refusal }), option({})].map(orderOf)).toEqual([3, 2, 1, 0])
})

test('a step that ends a record for a reason breaks it off; one that closes it does not', () => {
  const law = { terminal: ['closed', 'cancelled'] }
  expect(breaksOff(law, { to: 'cancelled', require: ['reason'] })).toBe(true)
  expect(breaksOff(law, { to: 'closed', require: ['close_doc'] })).toBe(false)
  expect(breaksOff(law, { to: 'closed' })).toBe(false)
  expect(breaksOff(law, { to: 'draft', require: ['reason'] })).toBe(false)
})
