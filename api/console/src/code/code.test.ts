import { expect, test } from 'vitest'
import keyFile from '../../../../consensus/checkpoint/testdata/auditor-keys?raw'
import codes from '../../../../consensus/checkpoint/testdata/codes.json?raw'
import receiptFile from '../../../../consensus/checkpoint/testdata/receipt.json?raw'
import { fingerprintOf, type KeyFile } from '../verify/core/keyfile'
import { Keys, policyOf } from '../verify/core/note'
import { bytesOfDigits, named, prove, proveReceipt, readKeys, type Proven } from './code'
import { Refused } from './refused'

interface Vector {
  name: string
  text: string
  want: string
  record: string
  index: number
  size: number
  leaf: string
  statement: string
}

const vectors = JSON.parse(codes) as Vector[]
const keys = readKeys(keyFile)
const vector = (name: string) => vectors.find((v) => v.name === name) as Vector

/** reason is why something is refused; 'ok' when it is not. */
function reason(f: () => unknown): string {
  try {
    f()
  } catch (err) {
    if (err instanceof Refused) return err.reason
    throw err
  }
  return 'ok'
}

/** The reasons of this page by those of the vectors. */
const reasons: Record<string, string[]> = { ok: ['ok'], receipt: ['form', 'whole'], signature: ['signature'], inclusion: ['inclusion'] }

test.each(vectors)('$name', (v) => {
  expect(reasons[v.want]).toContain(reason(() => prove(bytesOfDigits(v.text), keys)))
  if (v.want !== 'ok') return
  const got = prove(bytesOfDigits(v.text), keys)
  expect({ record: got.record, index: got.index, size: got.size, leaf: got.leaf, statement: got.statement ?? '' }).toEqual({
    record: v.record, index: v.index, size: v.size, leaf: v.leaf, statement: v.statement,
  })
  expect(got.cosigned.map((c) => c.region)).toEqual(v.name === 'page' ? [] : ['110000', '120000', '130000'])
})

test('what a whole code says', () => {
  const got = prove(bytesOfDigits('https://node/console/verify.html#' + vector('whole').text), keys)
  expect(got.payload?.body.event).toBe('send')
  expect(got.payload?.body.fields).toEqual({ doc_no: '津市监移〔2025〕18号' })
  expect(got.complete).toBe(true)
  expect(got.ledgerTime).toBe(1_763_000_000_000)
})

test('a code cut off, misread or of nothing', () => {
  const { text } = vector('whole')
  for (const n of [1, 2, 17, 34, 500]) expect(['whole', 'form']).toContain(reason(() => prove(bytesOfDigits(text.slice(0, -n)), keys)))
  expect(['whole', 'form']).toContain(reason(() => prove(bytesOfDigits(text.slice(0, 40) + (text[40] === '5' ? '6' : '5') + text.slice(41)), keys)))
  for (const nothing of ['', '#', 'https://example.org', '12a', '9'.repeat(17), '1'.repeat(60_000)]) expect(['form', 'whole']).toContain(reason(() => prove(bytesOfDigits(nothing), keys)))
})

test('keys of others', () => {
  const { list } = keys.keys
  const cosigners = list.filter((k) => k.kind === 'cosigner')
  const of = (more: Partial<KeyFile>) => ({ ...keys, ...more })
  const swapped = list.map((k) => (k.kind === 'cosigner' ? { ...k, public: cosigners[(cosigners.indexOf(k) + 1) % cosigners.length].public } : k))
  const code = bytesOfDigits(vector('whole').text)
  expect(reason(() => prove(code, of({ keys: Keys.together(swapped) })))).toBe('unsigned')
  expect(reason(() => prove(code, of({ policy: policyOf('other/ledger', keys.policy.regions, 3) })))).toBe('origin')
  expect(reason(() => prove(code, of({ network: 'A'.repeat(43) })))).toBe('network')
  expect(prove(code, of({ policy: policyOf(keys.policy.origin, [...keys.policy.regions, '140000'], 4) })).complete).toBe(false)
})

test('a receipt file says the same', () => {
  const file = receiptFile
  const got = proveReceipt(file, keys)
  expect(got.leaf).toBe(vector('whole').leaf)
  expect(got.payload?.record).toBe('CT-120000-2025-000018')
  const receipt = JSON.parse(file) as { path: string[]; leaf: string; checkpoint: string; index: number }
  const changed = (more: object) => reason(() => proveReceipt(JSON.stringify({ ...receipt, ...more }), keys))
  expect(changed({ path: receipt.path.slice(1) })).toBe('inclusion')
  expect(changed({ index: 138 })).toBe('form')
  expect(changed({ checkpoint: receipt.checkpoint.replace('\n300\n', '\n301\n') })).toBe('signature')
  expect(changed({ format: 'x' })).toBe('form')
})

test('an opening statement gets its record from the one that follows it', () => {
  const next = prove(bytesOfDigits(vector('whole').text), keys)
  const opening: Proven = { ...next, record: '', hash: next.payload?.prev, leaf: 'x' }
  expect(named([opening, next]).map((p) => p.record)).toEqual([next.record, next.record])
  expect(named([opening])[0].record).toBe('')
})

test('key files', () => {
  expect(keys.policy.regions).toEqual(['110000', '120000', '130000'])
  expect(fingerprintOf(keys)).toMatch(/^b8e0 ed50 /)
  const file = keyFile
  expect(readKeys('\ufeff' + file.replace(/\n/g, '\r\n')).keys.list.filter((k) => k.kind === 'cosigner')).toHaveLength(3)
  for (const bad of ['', 'genesis 12', file.replace('genesis', '#'), file.replace('+c1579eab+', '+c1579eac+'), file.split('\n').slice(0, 4).join('\n')]) {
    expect(reason(() => readKeys(bad))).toBe('keys')
  }
})
