import { expect, test } from 'vitest'
import type { RecordFull } from '../api/client'
import { begun, nextReserve, place, substitutionOf, windowOf } from './model'

const record = (fields: object) => ({ fields }) as unknown as RecordFull
const drawn = { selected: ['a', 'b'], reserves: ['c', 'd', 'e'], taken: ['c'] }

test('where today lies to a visit', () => {
  expect(windowOf('2025-05-26', '2025-05-29', '2025-05-20')).toEqual({ when: 'before', days: 6 })
  expect(windowOf('2025-05-26', '2025-05-29', '2025-05-26')).toEqual({ when: 'during', day: 1, of: 4 })
  expect(windowOf('2025-05-26', '2025-05-29', '2025-05-29')).toEqual({ when: 'during', day: 4, of: 4 })
  expect(windowOf('2025-05-26', '2025-05-29', '2025-06-01')).toEqual({ when: 'after', days: 3 })
  expect(windowOf(undefined, '2025-05-29', '2025-06-01')).toBeUndefined()
})

test('how somebody came into the team', () => {
  expect(place(drawn, 'b')).toEqual({ as: 'selected', rank: 2 })
  expect(place(drawn, 'd')).toEqual({ as: 'reserve', rank: 2 })
  expect(place(drawn, 'z')).toBeUndefined()
  expect(nextReserve(drawn)).toBe('d')
  expect(nextReserve({ ...drawn, taken: ['c', 'd', 'e'] })).toBeUndefined()
})

test('what became of a reserve, with the reason as far as the record says it', () => {
  const item = (value: string) => ({ at: 1, org: '110000-SJ', value })
  const one = record({ recused: 'b', substitute: 'c', reason_code: 'recusal', recusal_evidence: 'x', substitutions: [item('c')] })
  expect(substitutionOf(one, 'c')).toEqual({ passed: false, instead: 'b', reason: 'recusal', evidence: 'x' })
  expect(substitutionOf(one, 'd')).toBeUndefined()
  const two = record({ recused: 'b', substitute: 'd', reason_code: 'illness', passed_over: [item('c')], substitutions: [item('d')] })
  expect(substitutionOf(two, 'c')).toMatchObject({ passed: true, reason: 'illness' })
  expect(substitutionOf(two, 'd')).toEqual({ passed: false, instead: 'b' })
})

test('forms begin with what follows from the record', () => {
  const r = record({ experts: ['a', 'b'], recused: 'b', host_officers: [{ cert_no: '1' }], findings: [{ id: 'F1' }], disputed_ids: ['F1'] })
  const f = begun(r, { experts: drawn, checklist: [{ id: '1', text: 't', clause: 'c' }], plan: { checklist_ref: 'CK-1' }, now: '2025-05-20T09:30:00+08:00' })
  expect(f.next_ranked).toEqual({ substitute: 'd', experts: ['a', 'd'] })
  expect(f.pass_over).toEqual({ passed: 'd' })
  expect(f.start_onsite).toEqual({ arrival_time: '2025-05-20T09:30', officers_present: [{ cert_no: '1', person: undefined }] })
  expect(f.submit_findings).toEqual({ answers: [{ item_id: '1' }] })
  expect(f.notify).toEqual({ experts: ['a', 'b'], checklist_ref: 'CK-1' })
  expect(f.accept).toEqual({ recusal_declared_at: '2025-05-20' })
  expect(begun(record({}), { now: '2025-05-20T09:30:00+08:00' }).next_ranked).toEqual({})
})
