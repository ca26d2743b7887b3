import { expect, test } from 'vitest'
import { errands, fresh, grant, replace, type Certificate, type Key, type Keys } from './model'

const key = (id: string, use: string, state: string, more: Partial<Key> = {}): Key => ({ id, use, state, alg: 'EdDSA', fingerprint: 'f', held: false, genesis: false, ...more })
const all = (keys: Key[], certificates: Certificate[] = [], practice = false): Keys => ({
  region: '120000', node: '120000-a', genesis: 'g', size: 9, practice, clock: '2025-11-10T09:00:00+08:00', keys, issuers: [], roles: [], certificates,
})
const cert = (more: Partial<Certificate>): Certificate => ({ what: 'node', name: 'n', from: '', until: '', left: 3, near: true, ...more })
const draw = key('draw-1', 'draw', 'active', { held: true })
const what = (k: Keys) => errands(k).map((e) => `${e.what} ${e.about}${e.grave ? '!' : ''}`)

test('what is to be done follows from states and from what the node signs with', () => {
  expect(what(all([key('st-1', 'statement', 'active', { held: true }), draw]))).toEqual([])
  expect(what(all([key('st-1', 'statement', 'active', { held: true })]))).toEqual(['draw 120000'])
  expect(what(all([draw, key('st-1', 'statement', 'active', { held: true }), key('st-2', 'statement', 'prepared')]))).toEqual(['activate st-2'])
  expect(what(all([draw, key('st-1', 'statement', 'active'), key('st-2', 'statement', 'active', { held: true })]))).toEqual(['retire st-1'])
  expect(what(all([draw, key('st-1', 'statement', 'active'), key('st-2', 'statement', 'active')]))).toEqual([])
  expect(what(all([draw, key('c', 'cosigner', 'prepared', { owner: '120000-b' }), key('st-2', 'statement', 'prepared'), key('log', 'log', 'revoked', { held: true, owner: '120000-a' })]))).toEqual(['revoked log!', 'activate st-2'])
  expect(what(all([draw, key('st-1', 'statement', 'retiring', { held: true })]))).toEqual(['switch st-1!'])
  expect(what(all([draw, key('gov', 'governance', 'active')], [cert({}), cert({ self: true, name: 'm' }), cert({ near: false }), cert({ left: 8, name: 'far' })]))).toEqual(['certificate n!', 'renews m', 'certificate far'])
})

test('lines name key, owner and, on practice networks, the clock', () => {
  const k = key('cosigner-1', 'cosigner', 'active', { owner: '120000-a', alg: 'ES256' })
  expect(fresh(k, [k, key('cosigner-2', 'cosigner', 'revoked')])).toBe('cosigner-3')
  expect(replace(k, all([k]))).toEqual([
    'sandi key make --use cosigner --alg ES256 --id cosigner-2 -f keys/cosigner-2.pem',
    'sandi key add --new keys/cosigner-2.pem --node 120000-a --region 120000 --key offline/governance.pem --genesis genesis.json -f add.jws',
    'sandi key activate cosigner-2 --region 120000 --key offline/governance.pem --genesis genesis.json -f activate.jws',
    'sandi key retire cosigner-1 --region 120000 --key offline/governance.pem --genesis genesis.json -f retire.jws',
  ])
  expect(replace(k, all([k], [], true))[2]).toContain(' --at 2025-11-10T09:00:00+08:00 ')
})

test('a change of an issuer\'s roles is a body and a line', () => {
  const issuer = { id: 'https://x', roles: ['clerk', 'legal'], dropped: false }
  expect(grant(issuer, ['lead', 'expert'], all([]))).toMatchObject({ file: 'role.grant.json', body: '{"issuer":"https://x","roles":["expert","lead"]}' })
  expect(grant(issuer, ['legal'], all([])).line).toMatch(/^sandi gov sign role\.revoke role\.revoke\.json /)
})
