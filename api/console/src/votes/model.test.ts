import { expect, test } from 'vitest'
import { compare } from './compare'
import { ballot, outlook, signedOf, type Proposal } from './model'

const here = { region: '110000', practice: false, clock: '2025-11-10T09:00:00+08:00' }
const p: Proposal = { region: '120000', id: '01JC', form: 'rules', name: 'rules', version: 2, from: '2026-01-01T00:00:00+08:00', index: 4, state: 'open', approved: ['120000'] }
const b64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')

test('a ballot is the statement\'s body, in its order, and the line that signs it', () => {
  expect(ballot(p, 'yes', here)).toEqual({
    file: 'law.vote-yes-120000-01JC.json',
    body: '{"region":"120000","proposal":"01JC","approve":true}',
    lines: ['sandi gov sign law.vote law.vote-yes-120000-01JC.json --region 110000 --key offline/governance.pem --genesis genesis.json -f law.vote-yes-120000-01JC.jws'],
    short: 'sandi law vote 120000/01JC --region 110000 --key offline/governance.pem --genesis genesis.json -f law.vote-yes-120000-01JC.jws',
  })
  expect(ballot(p, 'no', here).body).toBe('{"region":"120000","proposal":"01JC","approve":false}')
  expect(ballot(p, 'no', here).short).toContain('120000/01JC --no ')
  expect(ballot(p, 'adopt', { ...here, practice: true })).toMatchObject({ body: '{"region":"120000","proposal":"01JC"}', lines: [expect.stringMatching(/^sandi gov sign law\.adopt .* --at 2025-11-10T09:00:00\+08:00 /)] })
})

test('a proposal needs every region, and then its day', () => {
  const all = ['110000', '120000', '130000']
  expect(outlook(p, all, '2026-02-01T00:00:00+08:00')).toEqual({ missing: ['110000', '130000'], early: false, ripe: false })
  const agreed = { ...p, approved: all }
  expect(outlook(agreed, all, '2025-12-31T23:59:59+08:00')).toEqual({ missing: [], early: true, ripe: false })
  expect(outlook(agreed, all, '2026-01-01T00:00:00+08:00')).toEqual({ missing: [], early: false, ripe: true })
  expect(outlook({ ...p, state: 'rejected', rejected: '130000' }, all, '2026-02-01T00:00:00+08:00')).toEqual({ missing: [], early: false, ripe: false })
})

test('a signed statement is read, and nothing else is', () => {
  const payload = JSON.stringify({ network: 'n', kind: 'law.vote', v: 1, id: '01JD', region: '110000', at: '2025-11-10T09:00:00+08:00', body: { approve: true, 说: '是' } })
  const raw = `${b64('{}')}.${b64(payload)}.${b64('sig')}`
  expect(signedOf(`${raw}\n`)).toEqual({ raw, kind: 'law.vote', id: '01JD', region: '110000', at: '2025-11-10T09:00:00+08:00', body: { approve: true, 说: '是' } })
  for (const text of ['', 'a.b', `${raw}.x`, `${raw.slice(0, 9)} ${raw.slice(9)}`, `${b64('{}')}.${b64('{"kind":1}')}.x`, `${b64('{}')}.${b64('[')}.x`, `a.${b64(payload)}.${'x'.repeat(70_000)}`]) {
    expect(signedOf(text), text.slice(0, 40)).toBeNull()
  }
})

test('a comparison shows what changes, with its lines and what stands around it', () => {
  const before = Array.from({ length: 20 }, (_, i) => `line ${i + 1}`).join('\n') + '\n'
  const rows = compare(before, before.replace('line 10\n', 'line ten\n'))
  expect(rows.map((r) => `${r.kind}:${r.old ?? ''}:${r.fresh ?? ''}:${r.text}`)).toEqual([
    'gap:::', 'same:7:7:line 7', 'same:8:8:line 8', 'same:9:9:line 9', 'out:10::line 10', 'in::10:line ten', 'same:11:11:line 11', 'same:12:12:line 12', 'same:13:13:line 13',
  ])
  expect(compare(before, before)).toEqual([])
  expect(compare('', 'a\nb\n').map((r) => r.kind)).toEqual(['in', 'in'])
})
