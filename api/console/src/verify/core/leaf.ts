import { decimal, from64url, type Bytes } from './bytes'

/** maxEntry is the size of the largest entry: its length has two bytes. */
export const maxEntry = 65_535

/** Leaf is the envelope of a statement that took effect (consensus/merkle, Leaf). */
export interface Leaf {
  seq: number
  ts: number // ledger time after this leaf, unix ms
  proposedAt: number // the leader's clock, unix ms
  stmt: string
  state: string // digest of the ledger's state, base64url
}

const form = /^\{"v":1,"seq":(\d+),"ts":(\d+),"proposed_at":(\d+),"stmt":"([A-Za-z0-9_.-]+)","state":"([A-Za-z0-9_-]{43})"\}$/

/** parseLeaf reads the one spelling of an entry; null for all else. */
export function parseLeaf(entry: Bytes): Leaf | null {
  if (entry.length > maxEntry) return null
  let chars = ''
  for (let i = 0; i < entry.length; i += 8192) chars += String.fromCharCode(...entry.subarray(i, i + 8192))
  const found = form.exec(chars)
  if (!found || chars.endsWith('\n')) return null
  const [seq, ts, proposedAt] = [found[1], found[2], found[3]].map(decimal)
  if (seq === null || ts === null || proposedAt === null || from64url(found[5]) === null) return null
  return { seq, ts, proposedAt, stmt: found[4], state: found[5] }
}
