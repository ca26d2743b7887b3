import { expect, test } from 'vitest'
import { deedsFor, possible, stateOf, type Account } from './model'

const account: Account = { name: 'wang', person: '1024', display: '王', org: '120000-SJ', roles: ['clerk'], made: '2026-01-01T00:00:00Z', disabled: false, change: false, wrong: 0 }
const now = '2026-01-05T00:00:00Z'

test.each([
  [{}, 'fine', ['reset', 'roles', 'end_sessions', 'disable']],
  [{ roles: ['operator'] }, 'fine', ['reset', 'end_sessions', 'disable']],
  [{ disabled: true, locked: now }, 'disabled', ['enable']],
  [{ wrong: 6, locked: '2026-01-05T00:01:00Z' }, 'locked', ['unlock', 'reset', 'roles', 'end_sessions', 'disable']],
  [{ wrong: 1 }, 'fine', ['unlock', 'reset', 'roles', 'end_sessions', 'disable']],
  [{ change: true, until: '2026-01-05T00:00:01Z' }, 'initial', ['reset', 'roles', 'end_sessions', 'disable']],
  [{ change: true, until: now }, 'lapsed', ['reset', 'roles', 'end_sessions', 'disable']],
])('%o is %s', (change, state, deeds) => {
  const one = { ...account, ...change }
  expect(stateOf(one, now)).toBe(state)
  expect(deedsFor(one, now)).toEqual(deeds)
})

test('an administrator\'s role stands alone', () => {
  for (const [role, ticked, can] of [
    ['clerk', [], true], ['operator', [], true], ['liaison', ['clerk'], true], ['operator', ['clerk'], false], ['clerk', ['operator'], false],
    ['security_admin', ['operator'], false], ['operator', ['operator'], true], ['auditor', ['audit_admin'], false],
  ] as [string, string[], boolean][]) {
    expect(possible(role, ticked), `${role} beside ${ticked}`).toBe(can)
  }
})
