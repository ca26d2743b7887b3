import { concat, decimal, from64, hex, same, sha256, text, to64, utf8, type Bytes } from './bytes'
import { Ed25519 } from './curve'
import { isKeyId, isName, isOrigin, isRegion } from './forms'
import { emptyRoot } from './tree'

// Checkpoints as signed notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature), and
// the keys that sign them (consensus/checkpoint).

export type NoteKind = 'log' | 'cosigner'
const types: Record<NoteKind, number> = { log: 1, cosigner: 4 }

/** NoteKey is a public key that signs checkpoints; region and node are empty for one outside the federation. */
export interface NoteKey {
  kind: NoteKind
  name: string
  region: string
  node: string
  public: Bytes
}

const encoded = (k: NoteKey) => concat(new Uint8Array([types[k.kind]]), k.public)

/** keyId is what a signature line says of its key, in hex. */
export const keyId = (k: NoteKey) => hex(sha256(utf8(k.name + '\n'), encoded(k)).subarray(0, 4))
export const vkey = (k: NoteKey) => `${k.name}+${keyId(k)}+${to64(encoded(k))}`

/** nodeKey is a node's key under the name that it has in notes of an origin. */
export const nodeKey = (kind: NoteKind, origin: string, region: string, node: string, key: Bytes): NoteKey => ({
  kind, name: kind === 'log' ? origin : `${origin}/${region}/${node}`, region, node, public: key,
}) // prettier-ignore

/** originOf is the log that a key belongs to, '' for an outside witness. */
export function originOf(k: NoteKey): string {
  if (k.kind === 'log') return k.name
  return k.region ? k.name.slice(0, -`/${k.region}/${k.node}`.length) : ''
}

/** parseVKey reads what others write as a verifier key; null for all else. */
export function parseVKey(s: string): NoteKey | null {
  const [name, , body, ...more] = s.split('+')
  const rest = body === undefined ? null : from64([body, ...more].join('+'))
  if (s.length > 400 || !rest || rest.length !== 33) return null
  const kind = rest[0] === types.log ? 'log' : rest[0] === types.cosigner ? 'cosigner' : null
  if (!kind) return null
  const k: NoteKey = { kind, name, region: '', node: '', public: rest.subarray(1) }
  if (kind === 'cosigner') {
    const parts = name.split('/')
    const [region, node] = parts.length > 2 ? parts.slice(-2) : ['', '']
    if (isRegion(region) && isKeyId(node)) [k.region, k.node] = [region, node]
  }
  return goodNoteKey(k) && vkey(k) === s ? k : null
}

function goodNoteKey(k: NoteKey): boolean {
  const named = k.kind === 'log' ? isOrigin(k.name) : isName(k.name) && (k.region === '' || isOrigin(originOf(k)))
  return named && (Ed25519.of(k.public)?.good ?? false)
}

const order = (k: NoteKey) => [types[k.kind], k.region, k.node, k.name, hex(k.public)].join('\0')

/** byHolder is the order of keys: log keys first, then cosigners, by region and node. */
export const byHolder = (a: NoteKey, b: NoteKey) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0)

interface Known {
  key: NoteKey
  ed: Ed25519
}

/** Keys is a set of keys that a reader trusts. */
export class Keys {
  readonly list: NoteKey[]
  private byId = new Map<string, Known>()
  private origins = new Set<string>()

  /**
   * of makes a set; null for two keys of one name and id, for one public key twice, whose
   * holder would count as two, and for regions of two federations.
   */
  static of(list: NoteKey[]): Keys | null {
    const set = new Keys(list)
    return set.byId.size === list.length ? set : null
  }

  /** together leaves out what cannot stand with the keys before it. */
  static together(list: NoteKey[]): Keys {
    return Keys.of(list) ?? list.reduce((set, k) => Keys.of([...set.list, k]) ?? set, new Keys([]))
  }

  private constructor(list: NoteKey[]) {
    this.list = [...list].sort(byHolder)
    const publics = new Set<string>()
    let federation = ''
    for (const key of this.list) {
      const ed = goodNoteKey(key) ? Ed25519.of(key.public) : null
      const id = key.name + '+' + keyId(key)
      const origin = originOf(key)
      const foreign = key.region !== '' && federation !== '' && federation !== origin
      if (!ed || foreign || this.byId.has(id) || publics.has(hex(key.public))) continue
      if (key.region) federation = origin
      publics.add(hex(key.public))
      this.byId.set(id, { key, ed })
      if (origin) this.origins.add(origin)
    }
  }

  all = (region: string, node: string, kind: NoteKind) => this.list.filter((k) => k.region === region && k.node === node && k.kind === kind)

  /** open reads a signed note. Lines under unknown keys are left out, one under a known key that does not verify spoils it. */
  open(raw: Bytes): Note | NoteFault {
    const parts = split(raw)
    if (!parts) return { fault: 'form' }
    const { checkpoint, lines } = parts
    if (!this.origins.has(checkpoint.origin)) return { fault: 'origin' }
    const body = bodyOf(checkpoint)
    const seen = new Set<string>()
    const signatures: Signature[] = []
    for (const line of lines) {
      const known = this.byId.get(line.name + '+' + line.id)
      if (!known || (known.key.kind === 'log' && known.key.name !== checkpoint.origin)) continue
      const id = line.name + '+' + line.id
      if (seen.has(id)) return { fault: 'form' }
      seen.add(id)
      const at = verifyLine(known, line.raw, body)
      if (at === null) return { fault: 'signature', by: id }
      signatures.push({ key: known.key, at })
    }
    if (signatures.length === 0) return { fault: 'unsigned' }
    if (checkpoint.size === 0 && !same(checkpoint.root, emptyRoot)) return { fault: 'empty' }
    signatures.sort((a, b) => byHolder(a.key, b.key))
    return { ...checkpoint, signatures }
  }
}

/** verifyLine gives the time of a cosignature (unix s), 0 for a log's signature, null when it does not verify. */
function verifyLine({ key, ed }: Known, raw: Bytes, body: Bytes): number | null {
  if (key.kind === 'log') return raw.length === 64 && ed.exact(body, raw) ? 0 : null
  if (raw.length !== 72) return null
  const view = new DataView(raw.buffer, raw.byteOffset, 8)
  const at = view.getUint32(0) * 2 ** 32 + view.getUint32(4)
  if (at < 1 || at > 253_402_300_799) return null // the end of the year 9999
  return ed.exact(concat(utf8(`cosignature/v1\ntime ${at}\n`), body), raw.subarray(8)) ? at : null
}

export interface Checkpoint {
  origin: string
  size: number
  root: Bytes
}

export interface Signature {
  key: NoteKey
  at: number // unix s; 0 for a log's
}

export interface Note extends Checkpoint {
  signatures: Signature[]
}

/** NoteFault is why a note was not opened; by is the key whose line does not verify. */
export interface NoteFault {
  fault: 'form' | 'origin' | 'signature' | 'unsigned' | 'empty'
  by?: string
}

export const isFault = (n: Note | NoteFault): n is NoteFault => 'fault' in n

export const maxNote = 16 << 10
const maxLines = 64

export const bodyOf = (c: Checkpoint) => utf8(`${c.origin}\n${c.size}\n${to64(c.root)}\n`)

interface Line {
  name: string
  id: string
  raw: Bytes
}

function split(raw: Bytes): { checkpoint: Checkpoint; lines: Line[] } | null {
  const s = raw.length <= maxNote ? text(raw) : null
  const cut = s === null ? -1 : s.indexOf('\n\n')
  if (s === null || cut < 0 || !s.endsWith('\n') || /[\x00-\x09\x0b-\x1f]/.test(s)) return null
  const checkpoint = parseBody(s.slice(0, cut + 1))
  const rest = s.slice(cut + 2, -1)
  if (!checkpoint || rest === '') return null
  const lines = rest.split('\n').map(parseLine)
  if (lines.length > maxLines || lines.includes(null)) return null
  return { checkpoint, lines: lines as Line[] }
}

function parseLine(s: string): Line | null {
  const found = /^— ([^\s+]+) ([^ ]+)$/u.exec(s)
  const raw = found && from64(found[2])
  return found && raw && raw.length >= 5 ? { name: found[1], id: hex(raw.subarray(0, 4)), raw: raw.subarray(4) } : null
}

function parseBody(s: string): Checkpoint | null {
  const lines = s.split('\n')
  const size = lines.length === 4 ? decimal(lines[1]) : null
  const root = size === null ? null : from64(lines[2])
  return size !== null && root && root.length === 32 && isOrigin(lines[0]) ? { origin: lines[0], size, root } : null
}

/** claimOf is the checkpoint in a note, whoever signed it. */
export function claimOf(raw: Bytes): Checkpoint | null {
  const s = raw.length <= maxNote ? text(raw) : null
  if (s === null) return null
  const c = parseBody(s.split('\n\n')[0] + '\n')
  return c && (c.size > 0 || same(c.root, emptyRoot)) ? c : null
}

/** cosignedBy are the regions with a cosignature, ascending, each once. */
export function cosignedBy(n: Note): string[] {
  const regions = n.signatures.filter((s) => s.key.kind === 'cosigner' && s.key.region && originOf(s.key) === n.origin).map((s) => s.key.region)
  return [...new Set(regions)].sort()
}

/** firstStamp is the earliest time of a cosignature, unix s; 0 without any. */
export const firstStamp = (n: Note) => n.signatures.reduce((first, s) => (s.key.kind === 'cosigner' && (first === 0 || s.at < first) ? s.at : first), 0)

/** signers are the regions under whose keys a note stands. */
export const signers = (n: Note | null) => [...new Set(n ? n.signatures.map((s) => s.key.region) : [])]

export type Grade = '' | 'committed' | 'published' | 'final'

/** Policy says which cosignatures make which grade (checkpoint.Policy). */
export interface Policy {
  origin: string
  regions: string[]
  published: number
  final: number
}

export const policyOf = (origin: string, regions: string[], final: number): Policy => {
  const most = Math.min(final, regions.length)
  return { origin, regions, final: most, published: Math.min(2, most) }
}

export function gradeOf(p: Policy, n: Note): Grade {
  if (n.origin !== p.origin) return ''
  const count = cosignedBy(n).filter((r) => p.regions.includes(r)).length
  if (count >= p.final && p.final > 0) return 'final'
  return count >= p.published && p.published > 0 ? 'published' : 'committed'
}
