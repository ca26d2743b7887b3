import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { inflateSync } from 'fflate'
import { fromBase64, fromBase64url, hex, leafHash, Refused, rootOf, same, text, toBase64, toBase64url, utf8 } from './bytes'
import type { KeyFile } from './keys'

// Codes as consensus/checkpoint/code.go writes them. Their bytes are frozen; the vectors
// of that package are this file's test.

const maxCode = 16 << 10
const maxEntry = 65_535
const maxPath = 63
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

interface Line {
  id: number
  at: number
  raw: Uint8Array
}

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
  const entry = utf8(`{"v":1,"seq":${index},"ts":${ts},"proposed_at":${proposed},"stmt":"${statement}","state":"${toBase64url(state)}"}`)
  const leaf = leafHash(entry)
  const verdict = judge(leaf, index, size, path, origin, lines, keys)
  return { kind: 'whole', index, size, leaf: hex(leaf), ...verdict, ...said(statement, ts, keys) }
}

function tail(r: Reader) {
  const origin = ascii(r.text(200))
  const path = r.many(maxPath, () => r.take(32))
  const lines = r.many(maxCosigners, () => line(r.take(76)))
  return { origin, path, lines }
}

function line(raw: Uint8Array): Line {
  const view = new DataView(raw.buffer, raw.byteOffset)
  const at = view.getBigUint64(4)
  if (at < 1n || at > 253402300799n) throw new Refused('signature')
  return { id: view.getUint32(0), at: Number(at), raw: raw.slice(12) }
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
  return [plain.slice(0, header), plain.slice(header), signature].map(toBase64url).join('.')
}

const ascii = (bytes: Uint8Array) => {
  const out = String.fromCharCode(...bytes)
  if (!/^[!-~]*$/.test(out)) throw new Refused('form')
  return out
}

/** judge rebuilds the checkpoint that entry and path give, and verifies who has cosigned it. */
function judge(leaf: Uint8Array, index: number, size: number, path: Uint8Array[], origin: string, lines: Line[], keys: KeyFile) {
  if (origin !== keys.origin) throw new Refused('origin')
  const root = rootOf(leaf, index, size, path)
  return cosigners(`${origin}\n${size}\n${toBase64(root)}\n`, lines, keys)
}

function cosigners(note: string, lines: Line[], keys: KeyFile) {
  const cosigned: Proven['cosigned'] = []
  for (const l of lines) {
    const known = keys.cosigners.find((c) => c.id === l.id)
    if (!known) continue
    const message = utf8(`cosignature/v1\ntime ${l.at}\n${note}`)
    if (!ed25519.verify(l.raw, message, known.key, { zip215: false })) throw new Refused('signature')
    if (!cosigned.some((c) => c.region === known.region)) cosigned.push({ region: known.region, at: l.at })
  }
  if (cosigned.length === 0) throw new Refused('unsigned')
  cosigned.sort((a, b) => (a.region < b.region ? -1 : 1))
  return { cosigned, complete: keys.regions.every((region) => cosigned.some((c) => c.region === region)) }
}

/** said is what a statement says, once it is known to stand on the ledger. */
function said(statement: string, ts: number, keys: KeyFile) {
  let payload: Payload
  try {
    payload = JSON.parse(text(fromBase64url(statement.split('.')[1]))) as Payload
  } catch {
    throw new Refused('statement')
  }
  if (typeof payload !== 'object' || payload === null || typeof payload.body !== 'object') throw new Refused('statement')
  if (payload.network !== keys.network) throw new Refused('network')
  return { statement, hash: toBase64url(sha256(utf8(statement))), payload, record: payload.record ?? '', ledgerTime: ts }
}

/**
 * named gives opening statements the record that they opened: its id is the ledger's, and
 * stands in the statement that follows, which names the opening one by its hash.
 */
export function named(list: Proven[]): Proven[] {
  return list.map((p) => (p.record || !p.hash ? p : { ...p, record: list.find((next) => next.record && next.payload?.prev === p.hash)?.record ?? '' }))
}

interface ReceiptFile {
  format: string
  index: number
  size: number
  leaf: string
  path: string[]
  checkpoint: string
}

/** proveReceipt does the same for a receipt file (sandi-receipt/1). */
export function proveReceipt(json: string, keys: KeyFile): Proven {
  let file: ReceiptFile
  try {
    file = JSON.parse(json) as ReceiptFile
  } catch {
    throw new Refused('form')
  }
  if (file?.format !== 'sandi-receipt/1' || typeof file.leaf !== 'string' || !Array.isArray(file.path) || file.path.length > maxPath || typeof file.checkpoint !== 'string') throw new Refused('form')
  const entry = fromBase64url(file.leaf)
  const envelope = /^\{"v":1,"seq":(\d+),"ts":(\d+),"proposed_at":\d+,"stmt":"([A-Za-z0-9_.-]+)","state":"[A-Za-z0-9_-]{43}"\}$/.exec(text(entry))
  if (!envelope || Number(envelope[1]) !== file.index) throw new Refused('form')
  const [body, signatures] = file.checkpoint.split('\n\n')
  const [origin, size, root] = body.split('\n')
  if (origin !== keys.origin) throw new Refused('origin')
  if (Number(size) !== file.size || signatures === undefined) throw new Refused('form')
  const leaf = leafHash(entry)
  if (toBase64(rootOf(leaf, file.index, file.size, file.path.map(fromBase64))) !== root) throw new Refused('inclusion')
  const lines = signatures
    .split('\n')
    .map((l) => l.split(' ')[2] ?? '')
    .map(fromBase64)
    .filter((raw) => raw.length === 76)
    .map(line)
  return { kind: 'whole', index: file.index, size: file.size, leaf: hex(leaf), ...cosigners(`${body}\n`, lines, keys), ...said(envelope[3], Number(envelope[2]), keys) }
}
