import { expect, test } from 'vitest'
import { codeIn } from './code'
import { personOf } from './other'

test('a code is taken out of any fragment', () => {
  expect(codeIn('#ee8eaddd.TDFU-_')).toBe('ee8eaddd.TDFU-_')
  expect(codeIn('')).toBe('')
  expect(codeIn('#%E4%')).toBe('%E4%')
})

test('people are told apart by who they are and what they come in as', () => {
  const label = { zh: '', en: '' }
  const who = { region: { code: '110000', name: label }, org: { code: '110000-SJ', name: label }, person: 'p', roles: ['clerk', 'lead'] }
  expect(personOf({ ...who, roles: ['lead', 'clerk'] })).toBe(personOf(who))
  for (const other of [{ person: 'q' }, { roles: ['clerk'] }, { org: { code: '110105-SJ', name: label } }, { region: { code: '120000', name: label } }]) {
    expect(personOf({ ...who, ...other })).not.toBe(personOf(who))
  }
})
