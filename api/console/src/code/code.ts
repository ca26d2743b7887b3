import { inflateSync } from 'fflate'
import { concat, from64url, hex, same, sha256, text, to64, to64url, utf8 } from '../verify/core/bytes'
import { parseKeyFile, type KeyFile } from '../verify/core/keyfile'
import { maxEntry, parseLeaf } from '../verify/core/leaf'
import { bodyOf, isFault, keyId, type Note, type NoteFault } from '../verify/core/note'
import { maxPath } from '../verify/core/proof'
import { parseReceipt, verifyReceipt } from '../verify/core/receipt'
import { parseStatement } from '../verify/core/statement'
import { leafHash, rootOf } from '../verify/core/tree'
import { Refused, type Reason } from './refused'

// Codes as consensus/checkpoint/code.go writes them. Their bytes are frozen; the vectors
// of that package are this file's test.

const maxCode = 16 << 10
const maxCosigners = 64
const group = 7
const digitsOf = [0, 3, 5, 8, 10, 13, 15, 17]

/** The dictionary of codes: what statements have in common. Frozen. */
const dictionary = utf8(
  `{"alg":"EdDSA","alg":"ES256","kid":"110000/st-1","typ":"sandi-statement+jws"}` +
    `"kind":"record.open","v":1,"id":"01K","region":"110000","region":"130000","region":"120000","record":"CT-120000-202` +
    `","prev":"","at":"2026-T:00+08:00","actor":{"role":"node","role":"unit_head","role":"officer","role":"clerk","role":"bureau_head","role":"liaison","org":"130000-SJ","org":"120000-SJ","org":"110000-SJ","person":"` +
    `"},"request":"","body":{"procedure":"","event":"","fields":{"materials":[{"commitment":"sc1.","kind":"pages":"payload_root":"sc1."doc_no":"〔2026〕号"}}}{"network":"`,
)

/** bytesOfDigits reads the digits of a code, with whatever stands before a # left out. */
export function bytesOfDigits(given: string): Uint8Array {
  const digits = given.slice(given.indexOf('#') + 1).replace(/\s+/g, '')
  if (!/^[0-9]+$/.test(digits) || digits.length > (maxCode / group + 1) * 17) throw new Refused('form')
  const out: number[] = []
  for (let at = 0; at < digits.length; ) {
    let n = group
    while (digitsOf[n] > digits.length - at) n--
    if (digits.length - at < 17 && digitsOf[n] !== digits.length - at) throw new Refused('whole')
    let value = BigInt(digits.slice(at, at + digitsOf[n]))
    if (value >> BigInt(8 * n) !== 0n) throw new Refused('form')
    const bytes: number[] = []
    for (let i = 0; i < n; i++) {
      bytes.unshift(Number(value & 255n))
      value >>= 8n
    }
    out.push(...bytes)
    at += digitsOf[n]
  }
  return Uint8Array.from(out)
}

/** Payload is what a statement says. */
export interface Payload {
  network: string
  kind: string
  id: string
  region: string
  record?: string
  prev?: string // hash of the record's statement before
  at: string
  actor?: { role?: string; org?: string; person?: string }
  body: { procedure?: string; event?: string; fields?: Record<string, unknown> }
}

/** Proven is what a code turned out to be. */
export interface Proven {
  kind: 'whole' | 'hash' | 'page'
  record: string // only claimed where there is no payload
  index: number
  size: number
  leaf: string // hex of the entry's hash
  ledgerTime?: number // ms
  payload?: Payload
  statement?: string
  hash?: string // of the statement, as the next one of its record names it
  cosigned: { region: string; at: number }[] // unix s; empty for pages
  complete: boolean // every region of the key file has cosigned
}

/** readKeys reads the key file that every bureau gives out. */
export function readKeys(given: string): KeyFile {
  const keys = parseKeyFile(utf8(given))
  if (typeof keys === 'number' || keys.policy.regions.length === 0) throw new Refused('keys')
  return keys
}

/** A line of a code: the id of a key, time and signature. */
type Line = Uint8Array

class Reader {
  constructor(public rest: Uint8Array) {}

  take(n: number): Uint8Array {
    if (n > this.rest.length) throw new Refused('form')
    const out = this.rest.slice(0, n)
    this.rest = this.rest.slice(n)
    return out
  }

  number(): number {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const b = this.take(1)[0]
      value |= BigInt(b & 127) << shift
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Refused('form')
      if (b < 128) return Number(value)
    }
  }

  text(most: number): Uint8Array {
    const n = this.number()
    if (n > most) throw new Refused('form')
    return this.take(n)
  }

  many<T>(most: number, one: () => T): T[] {
    const n = this.number()
    if (n > most) throw new Refused('form')
    return Array.from({ length: n }, one)
  }

  end() {
    if (this.rest.length > 0) throw new Refused('form')
  }
}

/** prove reads a code and verifies it under the keys. It throws Refused. */
export function prove(code: Uint8Array, keys: KeyFile): Proven {
  if (code.length < 5 || code.length > maxCode) throw new Refused('form')
  const body = code.slice(0, -4)
  if (!same(sha256(body).slice(0, 4), code.slice(-4))) throw new Refused('whole')
  const r = new Reader(body.slice(1))
  const size = r.number()
  const index = r.number()
  const kind = body[0]
  if (kind === 3) {
    const out = { kind: 'page' as const, size, index, leaf: hex(r.take(32)), record: ascii(r.text(64)), cosigned: [], complete: false }
    r.end()
    return out
  }
  if (kind === 2) {
    const leaf = r.take(32)
    const record = ascii(r.text(64))
    const { origin, path, lines } = tail(r)
    r.end()
    return { kind: 'hash', record, index, size, leaf: hex(leaf), ...judge(leaf, index, size, path, origin, lines, keys) }
  }
  if (kind !== 1) throw new Refused('form')
  const ts = r.number()
  const proposed = r.number()
  const state = r.take(32)
  const signature = r.text(128)
  const { origin, path, lines } = tail(r)
  const statement = unpack(r, signature)
  const entry = utf8(`{"v":1,"seq":${index},"ts":${ts},"proposed_at":${proposed},"stmt":"${statement}","state":"${to64url(state)}"}`)
  const leaf = leafHash(entry)
  const verdict = judge(leaf, index, size, path, origin, lines, keys)
  return { kind: 'whole', index, size, leaf: hex(leaf), ...verdict, ...said(statement, ts, keys) }
}

function tail(r: Reader) {
  const origin = ascii(r.text(200))
  const path = r.many(maxPath, () => r.take(32))
  const lines: Line[] = r.many(maxCosigners, () => r.take(76))
  return { origin, path, lines }
}

function unpack(r: Reader, signature: Uint8Array): string {
  const header = r.number()
  let plain: Uint8Array
  try {
    plain = inflateSync(r.rest, { dictionary })
  } catch {
    throw new Refused('form')
  }
  if (plain.length > maxEntry || header > plain.length) throw new Refused('form')
  return [plain.slice(0, header), plain.slice(header), signature].map(to64url).join('.')
}

const ascii = (bytes: Uint8Array) => {
  const out = String.fromCharCode(...bytes)
  if (!/^[!-~]*$/.test(out)) throw new Refused('form')
  return out
}

/** judge rebuilds the signed checkpoint that entry and path give, and verifies who has cosigned it. */
function judge(leaf: Uint8Array, index: number, size: number, path: Uint8Array[], origin: string, lines: Line[], keys: KeyFile) {
  if (origin !== keys.policy.origin) throw new Refused('origin')
  const root = rootOf(leaf, index, size, path)
  if (!root) throw new Refused('inclusion')
  const known = keys.keys.list.filter((k) => k.kind === 'cosigner')
  // Codes hold the ids of keys only; their names are those of the key file.
  const signed = lines.map((line) => {
    const key = known.find((k) => keyId(k) === hex(line.subarray(0, 4)))
    return key ? `— ${key.name} ${to64(line)}\n` : ''
  })
  if (signed.every((line) => line === '')) throw new Refused('unsigned')
  return cosigned(keys.keys.open(concat(bodyOf({ origin, size, root }), utf8('\n' + signed.join('')))), keys)
}

const reasonOf: Record<NoteFault['fault'], Reason> = { form: 'form', origin: 'origin', signature: 'signature', unsigned: 'unsigned', empty: 'unsigned' }

/** cosigned is which regions have signed a checkpoint, and when. */
function cosigned(note: Note | NoteFault, keys: KeyFile) {
  if (isFault(note)) throw new Refused(reasonOf[note.fault])
  const list: Proven['cosigned'] = []
  for (const { key, at } of note.signatures) if (key.kind === 'cosigner' && !list.some((c) => c.region === key.region)) list.push({ region: key.region, at })
  if (list.length === 0) throw new Refused('unsigned')
  list.sort((a, b) => (a.region < b.region ? -1 : 1))
  return { cosigned: list, complete: keys.policy.regions.every((region) => list.some((c) => c.region === region)) }
}

/** said is what a statement says, once it is known to stand on the ledger. */
function said(statement: string, ts: number, keys: KeyFile) {
  const st = parseStatement(statement)
  const payload = from64url(statement.split('.')[1] ?? '')
  if (typeof st === 'string' || !payload) throw new Refused('statement')
  if (st.network !== keys.network) throw new Refused('network')
  return { statement, hash: st.hash, payload: JSON.parse(text(payload) ?? '') as Payload, record: st.record, ledgerTime: ts }
}

/**
 * named gives opening statements the record that they opened: its id is the ledger's, and
 * stands in the statement that follows, which names the opening one by its hash.
 */
export function named(list: Proven[]): Proven[] {
  return list.map((p) => (p.record || !p.hash ? p : { ...p, record: list.find((next) => next.record && next.payload?.prev === p.hash)?.record ?? '' }))
}

/** proveReceipt does the same for a receipt file (sandi-receipt/1). */
export function proveReceipt(json: string, keys: KeyFile): Proven {
  const r = parseReceipt(utf8(json))
  const leaf = typeof r === 'string' ? null : parseLeaf(r.leaf)
  if (typeof r === 'string' || !leaf) throw new Refused('form')
  const v = verifyReceipt(r, keys.keys, keys.policy)
  if (!v.good && v.why === 'note') throw new Refused(reasonOf[v.fault.fault])
  if (!v.good) throw new Refused(v.why === 'inclusion' ? 'inclusion' : 'form')
  return { kind: 'whole', index: r.index, size: r.size, leaf: hex(leafHash(r.leaf)), ...cosigned(keys.keys.open(r.checkpoint), keys), ...said(r.statement, leaf.ts, keys) }
}
