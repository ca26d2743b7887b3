import { expect, test } from 'vitest'
import { filled, followed, kinds, progressOf, variablesOf, type Exercise, type Step } from './model'

const step = (n: number, more: Partial<Step>): Step => ({ n, at: '', what: { zh: '', en: '' }, times: [{}], fields: {}, materials: [], ...more })
const exercise = (steps: Step[]): Exercise => ({ name: 'x', title: { zh: '', en: '' }, start: '', steps })

const e = exercise([
  step(1, {}),
  step(2, { procedure: 'unqualified', times: [{ region: '120000', record: 'un1' }] }),
  step(3, { event: 'send', times: [{ region: '120000', record: 'un1' }], refused: { code: 'x' } }),
  step(4, { state: 'received', times: [{ record: 'un1' }] }),
  step(5, { event: 'extend', times: [{ region: '130000', record: 'un1' }] }),
  step(6, { event: 'extend', times: [{ region: '130000', record: 'un1' }] }),
  step(7, { procedure: 'unqualified', times: [{ region: '130000', record: 'un2' }] }),
])

test('records stand for names in the order in which they are opened, each region for itself', () => {
  const ids = { unqualified: ['UN-120000-2025-000002', 'UN-130000-2025-000001', 'UN-120000-2025-000001'] }
  expect(variablesOf(e, ids)).toEqual({ un1: 'UN-120000-2025-000001', un2: 'UN-130000-2025-000001' })
  expect(kinds(e)).toEqual(['unqualified'])
  expect(followed(e)).toEqual(['un1'])
})

test('nothing is done: the first step that is not a remark is next', () => {
  expect(progressOf(e, {}, {}, '120000').map((p) => p.status)).toEqual(['passed', 'next', 'open', 'open', 'open', 'open', 'open'])
})

test('what the ledger shows is done; what it cannot show has passed', () => {
  const seen = { U: { id: 'U', state: 'handling', events: [{ event: 'open' }, { event: 'receive', to: 'received' }, { event: 'extend' }] } }
  expect(progressOf(e, { un1: 'U' }, seen, '120000').map((p) => p.status)).toEqual(['passed', 'done', 'passed', 'done', 'done', 'next', 'open'])
})

test('a refused attempt is next when everything before it is done', () => {
  expect(progressOf(e, { un1: 'U' }, { U: { id: 'U', state: 'draft', events: [{ event: 'open' }] } }, '120000').map((p) => p.status)).toEqual(['passed', 'done', 'next', 'open', 'open', 'open', 'open'])
})

test('what happens between others is not seen, and does not hold up', () => {
  const late = exercise([...e.steps, step(8, { event: 'close', times: [{ region: '120000', record: 'un1' }] })])
  const seen = { U: { id: 'U', state: 'closed', events: [{ event: 'receive', to: 'received' }, { event: 'extend' }, { event: 'extend' }, { event: 'close' }] } }
  expect(progressOf(late, { un1: 'U' }, seen, '120000')[6].status).toBe('hidden')
  expect(progressOf(late, { un1: 'U' }, seen, '130000')[6].status).toBe('next')
})

test('repetitions are counted', () => {
  const many = exercise([step(1, { procedure: 'lead', times: [1, 2, 3].map((i) => ({ region: '110000', record: `lt${i}` })) })])
  const found = variablesOf(many, { lead: ['LT-110000-2025-000001', 'LT-110000-2025-000002'] })
  expect(progressOf(many, found, {}, '110000')).toEqual([{ status: 'part', record: 'LT-110000-2025-000001', done: 2 }])
})

test('names of records are filled in', () => {
  expect(filled('$un1', { un1: 'U' })).toBe('U')
  expect(filled([{ a: 1, b: '$x' }, 'c'], {})).toBe('1 · $x；c')
})
