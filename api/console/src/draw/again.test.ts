import { bytesToHex } from '@noble/hashes/utils.js'
import { expect, test } from 'vitest'
import strata from '../../../../consensus/draw/testdata/strata.json'
import vector from '../../../../consensus/draw/testdata/vector.json'
import type { Draw } from '../api/client'
import { messageOf, rank, rankingText, reservesOf, seedOf, selectedOf, signed } from './again'
import { again, stages } from './compare'
import { digestOf } from './digest'
import { verdictOf } from './finding'
import { eligible, parsePool, parseRule, percent, Unreadable, writePool, writeRule } from './text'

// Draws that the Go code has made (consensus/draw, TestVector and TestVectorStrata).

interface Vector {
  network: string
  draw: string
  pool: string
  rule: string
  message: string
  keys: Record<string, string>
  contributions: Record<string, string>
  seed: string
  ranking: string
}

const vectors: Record<string, Vector> = { vector, strata }
const names = Object.keys(vectors)
const hex = (base64url: string) => bytesToHex(Uint8Array.from(atob(base64url.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0)))

/** drawOf is a vector as GET /v1/draws/{id} tells of it, with its outcome. */
function drawOf(v: Vector): Draw {
  const pool = parsePool(v.pool)
  const rule = parseRule(v.rule)
  const strata = rank(pool, rule, hex(v.seed))
  return {
    id: v.draw, network: v.network, state: 'sealed', kind: rule.kind, count: pool.length, quota: selectedOf(strata).length, exclusion_rule: rule.exclusions,
    pool: { digest: digestOf(v.pool), held: true, text: v.pool },
    rule: { digest: digestOf(v.rule), held: true, text: v.rule },
    strata: rule.quotas.map((q) => ({ stratum: q.stratum, number: q.number || undefined, rate: q.rate > 0 ? percent(q.rate) : undefined })),
    exclusions: pool.filter((c) => c.excluded).map((c) => ({ id: c.id, reason: c.excluded })),
    regions: Object.keys(v.keys).sort().map((region) => ({ region, key: 'draw-1', public: hex(v.keys[region]), contribution: hex(v.contributions[region]) })),
    missing: [], taken: [],
    outcome: { seed: hex(v.seed), ranking: digestOf(v.ranking), selected: selectedOf(strata), reserves: reservesOf(strata) },
  }
}

const copy = (d: Draw) => JSON.parse(JSON.stringify(d)) as Draw

test.each(names)('%s is drawn again to the byte', (name) => {
  const v = vectors[name]
  const message = messageOf({ network: v.network, draw: v.draw, pool: digestOf(v.pool), rule: digestOf(v.rule) })
  expect(message).toBe(v.message)
  const list = Object.entries(v.contributions).map(([region, signature]) => ({ region, signature: hex(signature) }))
  for (const { region, signature } of list) expect(signed(message, signature, hex(v.keys[region]))).toBe(true)
  expect(seedOf(list.reverse())).toBe(hex(v.seed))
  expect(rankingText(v.draw, hex(v.seed), rank(parsePool(v.pool), parseRule(v.rule), hex(v.seed)))).toBe(v.ranking)
  expect(writePool(parsePool(v.pool).reverse())).toBe(v.pool)
  expect(writeRule(parseRule(v.rule))).toBe(v.rule)
})

test.each(names)('%s agrees in all parts', (name) => {
  const v = vectors[name]
  const d = drawOf(v)
  const steps: number[] = []
  const { findings, strata: ranked, ranking } = again(d, v.pool, v.rule, (n) => steps.push(n))
  expect(findings.filter((f) => f.verdict !== 'agrees')).toEqual([])
  expect([...new Set(findings.map((f) => f.part))]).toEqual(['pool', 'rule', 'contributions', 'seed', 'ranking', 'selected', 'reserves'])
  expect(verdictOf(findings)).toBe('agrees')
  expect(ranking).toBe(digestOf(v.ranking))
  expect(steps).toEqual(Array.from({ length: stages(d) + 1 }, (_, i) => i))
  expect(ranked.length).toBe(parseRule(v.rule).quotas.length)
})

/** differences are what an altered draw is caught at. */
function differences(alter: (d: Draw, texts: { pool: string; rule: string }) => void) {
  const v = vectors.vector
  const d = copy(drawOf(v))
  const texts = { pool: v.pool, rule: v.rule }
  alter(d, texts)
  return again(d, texts.pool, texts.rule).findings.filter((f) => f.verdict === 'differs')
}

test('a changed entry of the pool is named', () => {
  const found = differences((_, t) => (t.pool = t.pool.replace('food EX-110000-2\n', 'food EX-110000-22\n')))
  expect(found.map((f) => [f.part, f.say])).toContainEqual(['pool', 'digest'])
  expect(found).toContainEqual({ part: 'selected', verdict: 'differs', say: 'notinpool', with: { id: 'EX-110000-2' } })
})

test('somebody excluded or let in afterwards is named', () => {
  const found = differences((_, t) => (t.pool = t.pool.replace('EX-110000-4 same_employer', 'EX-110000-4')))
  expect(found).toContainEqual({ part: 'pool', verdict: 'differs', say: 'excluded', with: { id: 'EX-110000-4', recorded: 'same_employer', here: '—' } })
  expect(found.map((f) => f.part)).toContain('ranking')
})

test('another quota is named with its stratum', () => {
  const found = differences((_, t) => (t.rule = t.rule.replace('food number 3', 'food number 4')))
  expect(found).toContainEqual({ part: 'rule', verdict: 'differs', say: 'quotas', with: { stratum: 'food', recorded: '3', here: '4' } })
  expect(found).toContainEqual({ part: 'rule', verdict: 'differs', say: 'total', with: { recorded: 5, here: 6 } })
})

test.each([
  ['another signature', (d: Draw) => (d.regions[1].contribution = d.regions[0].contribution)],
  ['a flipped bit', (d: Draw) => (d.regions[1].contribution = d.regions[1].contribution?.replace(/.$/, (c) => (c === '0' ? '1' : '0')))],
  ['a cut one', (d: Draw) => (d.regions[1].contribution = d.regions[1].contribution?.slice(2))],
  ['no point at all', (d: Draw) => (d.regions[1].contribution = 'ff'.repeat(96))],
  ['the identity', (d: Draw) => (d.regions[1].contribution = 'c0' + '00'.repeat(95))],
  ['another key', (d: Draw) => (d.regions[1].public = d.regions[0].public)],
] as [string, (d: Draw) => void][])('a changed contribution is named: %s', (_, alter) => {
  const found = differences(alter)
  expect(found).toContainEqual({ part: 'contributions', verdict: 'differs', say: 'forged', with: { region: '120000' } })
  expect(found.filter((f) => f.part === 'contributions').length).toBe(1)
})

test('a contribution that is missing behind an outcome differs, before one it is awaited', () => {
  const without = (d: Draw) => (d.regions[2].contribution = undefined)
  expect(differences(without)).toContainEqual({ part: 'contributions', verdict: 'differs', say: 'missing', with: { region: '130000' } })
  const open = (d: Draw) => {
    without(d)
    d.outcome = undefined
  }
  expect(differences(open)).toEqual([])
})

test('another network or draw makes every contribution a forgery', () => {
  expect(differences((d) => (d.network = 'net-2')).filter((f) => f.say === 'forged').length).toBe(3)
  expect(differences((d) => (d.id = 'DR-110000-2025-000002')).filter((f) => f.say === 'forged').length).toBe(3)
})

test('swapped ranks, a forged seed and another digest are named with their place', () => {
  const swapped = differences((d) => d.outcome && ([d.outcome.selected[0], d.outcome.selected[1]] = [d.outcome.selected[1], d.outcome.selected[0]]))
  expect(swapped).toEqual([{ part: 'selected', verdict: 'differs', say: 'place', with: { n: 1, recorded: 'EX-110000-10', here: 'EX-110000-2' } }])
  const reserves = differences((d) => d.outcome?.reserves?.pop())
  expect(reserves).toEqual([{ part: 'reserves', verdict: 'differs', say: 'place', with: { n: 12, recorded: '—', here: 'EX-110000-7' } }])
  expect(differences((d) => d.outcome && (d.outcome.seed = '00'.repeat(32))).map((f) => f.part)).toEqual(['seed'])
  expect(differences((d) => d.outcome && (d.outcome.ranking = '00'.repeat(32))).map((f) => f.part)).toEqual(['ranking'])
})

test('what the record says of pool and rule is held against them', () => {
  expect(differences((d) => (d.count = 18))).toEqual([{ part: 'pool', verdict: 'differs', say: 'count', with: { recorded: 18, here: 19 } }])
  expect(differences((d) => (d.kind = 'target')).map((f) => f.say)).toEqual(['kind'])
})

test.each([
  ['', 1], ['sandi-pool/1\n', 2], ['sandi-pool/1\na b', 1], ['sandi-pool/2\na b\n', 1], ['sandi-pool/1\na b \n', 2], ['sandi-pool/1\na b c d\n', 2], ['sandi-pool/1\na b\n\n', 3],
  ['sandi-pool/1\nb x\na y\n', 3], ['sandi-pool/1\na x\nb x\n', 3], ['sandi-pool/1\na y\na x\n', 3], ['sandi-pool/1\na 专家\n', 2], ['sandi-pool/1\n𠀀 x\n', 2], [`sandi-pool/1\n${'层'.repeat(41)} x\n`, 2],
] as [string, number][])('a pool that is written otherwise is refused at its line: %j', (text, line) => {
  expect(() => parsePool(text)).toThrow(new Unreadable(line))
})

test.each(['kind k\nexclusions 1\n', 'kind k\nexclusions 1\na number 0\n', 'kind k\nexclusions 1\na number 01\n', 'kind k\nexclusions 1\na rate 10001\n', 'kind k\nexclusions 1\nb rate 1\na rate 1\n', 'kind k\nexclusions 1\na share 1\n', 'exclusions 1\nkind k\na rate 1\n'])(
  'a rule that is written otherwise is refused: %j',
  (rest) => {
    expect(() => parseRule('sandi-draw-rule/1\n' + rest)).toThrow(Unreadable)
  },
)

test('a pool of another stratum than the rule, or a stratum without anybody, cannot be drawn', () => {
  const v = vectors.vector
  const d = drawOf(v)
  const nobody = again(d, v.pool.replace(/metal EX-130000-\d\n/g, ''), v.rule).findings
  expect(nobody.map((f) => f.say)).toContain('nobody')
  const stranger = again(d, v.pool + 'wood W-1\n', v.rule).findings
  expect(stranger.find((f) => f.say === 'noquota')?.with).toEqual({ stratum: 'wood', id: 'W-1' })
})

test('numbers are unbiased: each of the orders of three comes about as often', () => {
  const pool = parsePool('sandi-pool/1\ns a\ns b\ns c\n')
  const rule = parseRule('sandi-draw-rule/1\nkind k\nexclusions 1\ns number 1\n')
  const seen: Record<string, number> = {}
  for (let i = 0; i < 3000; i++) {
    const seed = digestOf(String(i))
    const order = rank(pool, rule, seed)[0].order.join('')
    seen[order] = (seen[order] ?? 0) + 1
  }
  expect(Object.keys(seen).length).toBe(6)
  for (const n of Object.values(seen)) expect(Math.abs(n - 500)).toBeLessThan(110) // five standard deviations
  expect(eligible(pool, 's')).toEqual(['a', 'b', 'c'])
})
