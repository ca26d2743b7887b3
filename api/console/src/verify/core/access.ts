import { from64url, same, sha256, text, to64url, utf8, type Bytes } from './bytes'
import { isOrg, isPerson, isRecordId, isRegion, isRole, isStatementId } from './forms'
import { BadJson, forbidden, list, num, only, parse, str, type Json } from './scanner'
import { leafHash, Tree } from './tree'

// Access logs: entries, slips and files of who looked (consensus/access).

const fileFormat = 'sandi-who-looked/1'
const slipFormat = 'sandi-access/1'
const maxEntry = 16 << 10
const maxWhat = 200
const maxPurpose = 600 // bytes (statement.IsWords)
const actions = ['read', 'export', 'query', 'asked', 'denied', 'failed', 'begun']
const members = ['time', 'action', 'region', 'person', 'org', 'role', 'record', 'because', 'purpose', 'what', 'to', 'count', 'reason', 'salt']

/** File is what nodes have shown of their logs about one matter. */
export interface AccessFile {
  network: string
  record: string // '' for everything, of one bureau
  logs: Shown[]
  gaps: { region: string; node: string; log: number; why: string }[]
  subjects: string[]
}

/** Shown is what a node has shown of one of its logs. */
export interface Shown {
  region: string
  node: string
  log: number
  heads: { size: number; root: string; index: number }[]
  note: string
  receipt: string // of the newest head's entry on the ledger; '' for none
  rows: { slip: string; entry: string }[]
}

/** parseFile reads a file of who looked; null for all else. */
export function parseFile(data: Bytes): AccessFile | null {
  const s = text(data)
  if (s === null) return null
  try {
    return read(s)
  } catch (err) {
    if (err instanceof BadJson) return null
    throw err
  }
}

const size = (v: Json | undefined) => {
  const n = v === undefined ? 0 : num(v)
  if (n < 0) throw new BadJson('negative')
  return n
}
const optional = (v: Json | undefined) => (v === undefined ? '' : str(v))
const some = <T>(v: Json | undefined, names: string[], each: (o: { [name: string]: Json }) => T): T[] =>
  (v === undefined ? [] : list(v)).map((one) => {
    if (typeof one !== 'object' || Array.isArray(one)) throw new BadJson('not an object')
    only(one, names)
    return each(one)
  })

function read(s: string): AccessFile {
  const o = parse(s, 6, 'large')
  only(o, ['format', 'network', 'record', 'subjects', 'logs', 'gaps'])
  if (o.format !== fileFormat) throw new BadJson('format')
  return {
    network: optional(o.network),
    record: optional(o.record),
    subjects: (o.subjects === undefined ? [] : list(o.subjects)).map((v) => str(v)),
    gaps: some(o.gaps, ['region', 'node', 'log', 'why'], (g) => ({ region: optional(g.region), node: optional(g.node), log: size(g.log), why: optional(g.why) })),
    logs: some(o.logs, ['region', 'node', 'log', 'heads', 'note', 'receipt', 'rows'], (l) => ({
      region: optional(l.region), node: optional(l.node), log: size(l.log), note: optional(l.note), receipt: optional(l.receipt),
      heads: some(l.heads, ['size', 'root', 'index'], (h) => ({ size: size(h.size), root: optional(h.root), index: size(h.index) })),
      rows: some(l.rows, ['slip', 'entry'], (r) => ({ slip: optional(r.slip), entry: optional(r.entry) })),
    })),
  } // prettier-ignore
}

/** newest is the longest head of a log that a file names. */
export const newest = (s: Shown): Shown['heads'][number] | undefined => s.heads.reduce<Shown['heads'][number] | undefined>((best, h) => (best && best.size >= h.size ? best : h), undefined)

/** parseRoot reads a root as statements spell it; null for all else. */
export function parseRoot(s: string): Bytes | null {
  const raw = from64url(s)
  return raw && raw.length === 32 ? raw : null
}

/** tag stands for what an entry is about in a slip. */
export const tag = (subject: string) => to64url(sha256(utf8('sandi.internal/access/tag/v1\n' + subject)).subarray(0, 8))

interface Entry {
  time: number
  subjects: string[]
}

/** parseEntry reads the one spelling of an entry; null for all else. */
function parseEntry(raw: string): Entry | null {
  if (utf8(raw).length > maxEntry) return null
  let o: { [name: string]: Json }
  try {
    o = parse(raw, 2)
    only(o, members)
  } catch (err) {
    if (err instanceof BadJson) return null
    throw err
  }
  const texts = ['action', 'region', 'person', 'org', 'role', 'record', 'because', 'purpose', 'to', 'reason', 'salt']
  const what = o.what ?? []
  const formed =
    texts.every((name) => o[name] === undefined || typeof o[name] === 'string') && Array.isArray(what) && what.every((w) => typeof w === 'string') && typeof o.time === 'number' && (o.count === undefined || typeof o.count === 'number')
  if (!formed || spelled(o) !== raw) return null
  const e = o as unknown as Record<string, string> & { time: number; count?: number }
  const empty = (s: string | undefined, form: (s: string) => boolean) => s === undefined || form(s)
  const ok =
    e.time >= 0 && actions.includes(e.action) && isRegion(e.region ?? '') && empty(e.person, isPerson) && empty(e.org, isOrg) && empty(e.role, isRole) && empty(e.record, isRecordId) &&
    empty(e.because, (s) => isRecordId(s) || (isRegion(s.slice(0, 6)) && s[6] === '/' && isStatementId(s.slice(7)))) && empty(e.purpose, isWords) &&
    what.length <= maxWhat && (what as string[]).every(isWhat) && empty(e.to, (s) => isOrg(s) || isRegion(s)) && (e.count ?? 1) > 0 && empty(e.reason, (s) => /^[a-z0-9_.-]{1,64}$/.test(s)) && from64url(e.salt ?? '')?.length === 16 // prettier-ignore
  return ok ? { time: e.time, subjects: [e.record, e.because, ...(what as string[])].filter((s) => s !== undefined && s !== '') } : null
}

/** spelled writes an entry as its node did: members in their order, those that do not apply left out. */
function spelled(o: { [name: string]: Json }): string {
  const there = members.filter((name) => {
    const v = o[name]
    return name === 'time' || name === 'action' || name === 'region' || name === 'salt' || !(v === undefined || v === '' || v === 0 || (Array.isArray(v) && v.length === 0))
  })
  return '{' + there.map((name) => `"${name}":${JSON.stringify(o[name] ?? '')}`).join(',') + '}'
}

const isWords = (s: string) => s !== '' && utf8(s).length <= maxPurpose && !forbidden(s) && !/[\x00-\x1f"\\]/.test(s)
const isWhat = (s: string) => s.length <= 100 && /^[!#-%'-;=?-[\]-~]+$/.test(s)

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const slipOf = (e: Entry, raw: string) => [slipFormat, to64url(sha256(utf8(raw))), ...[...new Set(e.subjects.map(tag))].sort(byText)].join(' ')

function goodSlip(slip: string): boolean {
  const parts = slip.split(' ')
  const tags = parts.slice(2)
  if (parts.length < 2 || parts[0] !== slipFormat || from64url(parts[1])?.length !== 32 || tags.length > maxWhat + 2) return false
  return tags.every((t, i) => from64url(t)?.length === 8 && (i === 0 || tags[i - 1] < t))
}

/** Wrong is what can be wrong with a log. */
export type Wrong = 'held_back' | 'changed' | 'out_of_order' | 'another_log' | 'unreadable'

/** Verdict is what was found out about one log. */
export interface Verdict {
  entries: number
  root: Bytes
  found: { index: number; entry: string }[]
  wrong?: Wrong
}

/** judge builds a log anew from what was shown, and holds it against the heads that the file names. */
export function judge(s: Shown, wanted: Set<string>): Verdict {
  const tree = new Tree()
  const found: Verdict['found'] = []
  const end = (wrong?: Wrong): Verdict => ({ entries: tree.size, root: tree.root(), found, wrong })
  const heads = s.heads.map((h) => ({ size: h.size, root: parseRoot(h.root) })).sort((a, b) => a.size - b.size)
  if (heads.some((h) => !h.root)) return end('unreadable')
  const rest = heads.filter((h) => h.size > 0)
  let time = 0
  for (const { slip, entry } of s.rows) {
    if (!goodSlip(slip)) return end('unreadable')
    const about = wanted.size === 0 || slip.split(' ').slice(2).some((t) => wanted.has(t))
    if (entry === '') {
      if (about) return end('held_back')
    } else {
      const e = parseEntry(entry)
      if (!e) return end('unreadable')
      if (slipOf(e, entry) !== slip) return end('changed')
      if (e.time < time) return end('out_of_order')
      time = e.time
      if (about) found.push({ index: tree.size, entry })
    }
    tree.append(leafHash(utf8(slip)))
    for (; rest.length > 0 && rest[0].size === tree.size; rest.shift()) if (!same(rest[0].root as Bytes, tree.root())) return end('another_log')
  }
  return end(rest.length > 0 ? 'another_log' : undefined)
}
