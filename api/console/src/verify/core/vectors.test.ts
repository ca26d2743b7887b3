import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { from64, hex, to64url, unhex, utf8, type Bytes } from './bytes'
import { Ed25519, es256 } from './curve'
import { parseKeyFile } from './keyfile'
import { parseLeaf } from './leaf'
import { cosignedBy, isFault, Keys, parseVKey, vkey } from './note'
import { formatProof, parseProof } from './proof'
import { parseReceipt, verifyReceipt } from './receipt'
import { parseStatement } from './statement'
import { consistent, included, leafHash, parseTilePath, tilePath, Tree } from './tree'

// The vectors that the nodes' own packages are held to.

const file = (path: string) => readFileSync(new URL(`../../../../../${path}`, import.meta.url), 'utf8')
const vectors = <T>(path: string) => JSON.parse(file(path)) as T[]
const raw = (s: string): Bytes => unhex(s) ?? new Uint8Array()
const keys = () => {
  const k = parseKeyFile(utf8(file('consensus/checkpoint/testdata/auditor-keys')))
  if (typeof k === 'number') throw new Error(`line ${k}`)
  return k
}

test('signatures of statements: ZIP 215', () => {
  for (const v of vectors<{ name: string; key: string; message: string; signature: string; valid: boolean; register: boolean }>('certs/keyring/testdata/zip215.json')) {
    const key = Ed25519.of(raw(v.key))
    expect(key?.zip215(raw(v.message), raw(v.signature)) ?? false, v.name).toBe(v.valid)
    expect(key?.good ?? false, v.name).toBe(v.register)
  }
})

test('signatures of notes: as the Go library', () => {
  for (const v of vectors<{ name: string; public: string; message: string; signature: string; valid: boolean; go_crypto_ed25519: boolean }>('consensus/statement/testdata/ed25519_edges.json')) {
    const key = Ed25519.of(raw(v.public))
    expect(key?.zip215(raw(v.message), raw(v.signature)) ?? false, v.name).toBe(v.valid)
    expect(key?.exact(raw(v.message), raw(v.signature)) ?? false, v.name).toBe(v.go_crypto_ed25519)
  }
})

interface Signed {
  name: string
  alg: string
  public: string
  raw: string
  hash: string
  kind: string
  at_unix: number
  body: string
  valid?: boolean
}

test('statements and their signatures', () => {
  for (const path of ['statements', 'foreign']) {
    for (const v of vectors<Signed>(`consensus/statement/testdata/${path}.json`)) {
      const st = parseStatement(v.raw)
      if (typeof st === 'string') throw new Error(`${v.name}: ${st}`)
      expect([st.hash, st.kind, st.at, st.body], v.name).toEqual([v.hash, v.kind, v.at_unix, v.body])
      const good = v.alg === 'ES256' ? es256(raw(v.public), st.input, st.signature) : Ed25519.of(raw(v.public))?.zip215(st.input, st.signature)
      expect(good, v.name).toBe(v.valid ?? true)
    }
  }
})

test('what is no statement', () => {
  const all = vectors<{ name: string; raw: string; code: string }>('consensus/statement/testdata/refusals.json')
  expect(all.length).toBeGreaterThan(150)
  for (const v of all) expect(typeof parseStatement(v.raw), v.name).toBe('string')
})

test('entries', () => {
  for (const v of vectors<{ seq: number; ts: number; stmt: string; entry: string; leaf_hash: string }>('consensus/merkle/testdata/leaf.json')) {
    expect(hex(leafHash(utf8(v.entry)))).toBe(v.leaf_hash)
    const leaf = parseLeaf(utf8(v.entry))
    if (v.entry.includes('9007199254740993')) expect(leaf).toBeNull() // no clock has that time, and no double holds it
    else expect([leaf?.seq, leaf?.ts, leaf?.stmt]).toEqual([v.seq, v.ts, v.stmt])
    expect(parseLeaf(utf8(v.entry + '\n'))).toBeNull()
    expect(parseLeaf(utf8(v.entry.replace('"seq":', '"seq":0')))).toBeNull()
  }
})

interface Proofs {
  size: number
  root: string
  inclusion: { index: number; entry: string; leaf_hash: string; path: string[]; tlog_proof: string }[]
  consistency: { old: number; old_root: string; path: string[] }[]
}

test('trees and proofs', () => {
  const { keys: set } = keys()
  for (const v of vectors<Proofs>('consensus/checkpoint/testdata/proofs.json')) {
    const root = raw(v.root)
    const tree = new Tree()
    for (let i = 0; i < v.size; i++) tree.append(leafHash(utf8(`entry ${i}`)))
    expect(hex(tree.root())).toBe(v.root)
    for (const p of v.inclusion) {
      const path = p.path.map(raw)
      expect(included(raw(p.leaf_hash), p.index, v.size, path, root)).toBe(true)
      expect(included(raw(p.leaf_hash), p.index + 1, v.size, path, root)).toBe(false)
      expect(included(leafHash(utf8('other')), p.index, v.size, path, root)).toBe(false)
      for (let i = 0; i < path.length; i++) expect(included(raw(p.leaf_hash), p.index, v.size, path.filter((_, k) => k !== i), root)).toBe(false)
      const proof = parseProof(utf8(p.tlog_proof))
      if (!proof) throw new Error('a proof that cannot be read')
      expect(formatProof(proof)).toBe(p.tlog_proof)
      expect(proof.path.map(hex)).toEqual(p.path)
      const note = set.open(proof.checkpoint)
      expect(isFault(note) ? note : note.size).toBe(v.size)
    }
    for (const p of v.consistency) {
      const path = p.path.map(raw)
      expect(consistent(p.old, v.size, path, raw(p.old_root), root), `${p.old} in ${v.size}`).toBe(true)
      if (p.old === 0 || p.old === v.size) continue
      expect(consistent(p.old, v.size, path, leafHash(utf8('other')), root)).toBe(false)
      expect(consistent(p.old, v.size, path.slice(1), raw(p.old_root), root)).toBe(false)
      expect(consistent(p.old, v.size, [...path, root], raw(p.old_root), root)).toBe(false)
    }
  }
})

test('names of tiles have one spelling', () => {
  for (const path of ['tile/0/x001/x234/067', 'tile/entries/000.p/12', 'tile/63/000.p/255']) expect(tilePath(parseTilePath(path) ?? { level: 0, index: 0, width: 0 })).toBe(path)
  for (const path of ['tile/00/000', 'tile/0/000.p/0', 'tile/0/000.p/256', 'tile/0/x000/001', 'tile/0/../x', 'tile/64/000', 'tile/0/1', 'tile/0/000.p/01']) {
    expect(parseTilePath(path), path).toBeNull()
  }
})

test('hostile notes', () => {
  const { keys: set } = keys()
  const all = vectors<{ name: string; note: string; refusal: string; signers: string[] }>('consensus/checkpoint/testdata/hostile_notes.json')
  expect(all.length).toBeGreaterThan(70)
  const faults: Record<string, string> = { note: 'form', origin: 'origin', signature: 'signature', unsigned: 'unsigned', empty_root: 'empty' }
  for (const v of all) {
    const note = set.open(from64(v.note) ?? new Uint8Array())
    if (v.refusal === '') expect(isFault(note) ? note.fault : note.signatures.length, v.name).toBe(v.signers.length)
    else expect(isFault(note) && note.fault, v.name).toBe(faults[v.refusal])
  }
})

test('notes of all sizes', () => {
  for (const v of vectors<{ origin: string; size: number; body: string; signatures: { vkey: string; at: number; line: string }[] }>('consensus/checkpoint/testdata/notes.json')) {
    const own = v.signatures.map((s) => parseVKey(s.vkey)).filter((k) => k !== null)
    expect(own.map(vkey)).toEqual(v.signatures.map((s) => s.vkey))
    const set = Keys.of(own)
    const note = set?.open(utf8(v.body + '\n' + v.signatures.map((s) => s.line).join('')))
    if (v.size > Number.MAX_SAFE_INTEGER) expect(note).toEqual({ fault: 'form' }) // no log has so many entries
    else expect(note && !isFault(note) && note.signatures.map((s) => s.at)).toEqual(v.signatures.map((s) => s.at))
  }
})

test('receipts', () => {
  const k = keys()
  for (const v of vectors<{ name: string; receipt: string; grade: string; refusal: string }>('consensus/checkpoint/testdata/receipts.json')) {
    const r = parseReceipt(utf8(v.receipt))
    if (typeof r === 'string') {
      expect(v.refusal, v.name).toBe('receipt')
      continue
    }
    const verdict = verifyReceipt(r, k.keys, k.policy)
    expect(verdict.good, v.name).toBe(v.refusal === '')
    if (v.refusal === 'inclusion' || v.refusal === 'grade') expect(verdict.good || verdict.why, v.name).toBe(v.refusal)
  }
})

test('a key file names its network and every region', () => {
  const k = keys()
  expect(k.network).toBe(to64url(k.genesis))
  expect(k.policy).toEqual({ origin: 'sandi.internal/ledger', regions: ['110000', '120000', '130000'], published: 2, final: 3 })
  expect(k.keys.list.length).toBe(6)
  const text = file('consensus/checkpoint/testdata/auditor-keys')
  const lines = text.split('\n')
  const typed = parseKeyFile(utf8('\ufeff' + lines.join('\r\n')))
  expect(typeof typed === 'number' ? typed : typed.keys.list).toEqual(k.keys.list)
  expect(parseKeyFile(utf8(text.replace('+4723f1b0', '+4723f1b1')))).toBe(4)
  expect(parseKeyFile(utf8(text.replace('genesis b8e0', 'genesis b8e')))).toBe(3)
  expect(parseKeyFile(utf8(text + lines[3]))).toBe(0)
  const signers = k.keys.open(utf8('nothing'))
  expect(isFault(signers) ? [] : cosignedBy(signers)).toEqual([])
})
