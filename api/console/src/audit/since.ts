import { same, utf8, type Bytes } from '../verify/core/bytes'
import { claimOf, type Checkpoint } from '../verify/core/note'
import { consistent, nodeHash, storedStep, tilePath, tileWidth, widthAt } from '../verify/core/tree'

/** Range is a part of the leaves: from a on, before b. */
type Range = [a: number, b: number]

/** splitOf is the largest power of two below n (RFC 6962 section 2.1). */
function splitOf(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** proofRanges are the subtrees whose hashes prove that the tree of a size grew from that of an older one (RFC 6962 section 2.1.2). */
export function proofRanges(old: number, size: number): Range[] {
  const sub = (m: number, [a, b]: Range, whole: boolean): Range[] => {
    const n = b - a
    if (m === n) return whole ? [] : [[a, b]]
    const k = splitOf(n)
    if (m <= k) return [...sub(m, [a, a + k], whole), [a + k, b]]
    return [...sub(m - k, [a + k, b], false), [a, a + k]]
  }
  return old === 0 || old === size ? [] : sub(old, [0, size], true)
}

/** TileReader gives the bytes of a hash tile, as a node serves it. */
export type TileReader = (path: string) => Promise<Bytes>

/** hashOf computes the hash of a range of leaves from the hash tiles of a tree. */
async function hashOf([a, b]: Range, size: number, read: TileReader): Promise<Bytes> {
  const n = b - a
  const level = Math.log2(n)
  if (Number.isInteger(level) && a % n === 0) return nodeAt(level, a / n, size, read)
  const k = splitOf(n)
  return nodeHash(await hashOf([a, a + k], size, read), await hashOf([a + k, b], size, read))
}

/** nodeAt computes a complete subtree's hash from the stored level below it: at most 128 hashes of one tile. */
async function nodeAt(level: number, index: number, size: number, read: TileReader): Promise<Bytes> {
  const above = level % storedStep
  const tileLevel = (level - above) / storedStep
  const count = 2 ** above
  const first = index * count
  const tile = Math.floor(first / tileWidth)
  const width = widthAt(tileLevel, tile, size)
  const body = await read(tilePath({ level: tileLevel, index: tile, width }))
  if (body.length !== width * 32) throw new Error(`a tile of ${body.length} bytes`)
  let row: Bytes[] = []
  for (let i = 0; i < count; i++) row.push(body.subarray(((first + i) % tileWidth) * 32, ((first + i) % tileWidth) * 32 + 32))
  for (; row.length > 1; row = row.filter((_, i) => i % 2 === 0).map((left, i) => nodeHash(left, row[2 * i + 1]))) continue
  return row[0]
}

export type Since =
  | { is: 'first' }
  | { is: 'same' } // nothing new
  | { is: 'grown'; from: number; to: number }
  | { is: 'broken'; from: number; to: number } // the log is not what it was
  | { is: 'shorter'; from: number; to: number } // this node shows less than it did

/**
 * since holds the checkpoint that is shown now against the one that was kept. The tiles
 * come from the node, and need not be true: the proof made of them has to lead to both
 * roots.
 */
export async function since(kept: string | null, now: Checkpoint, read: TileReader): Promise<Since> {
  const old = kept === null ? null : claimOf(utf8(kept))
  if (!old) return { is: 'first' }
  const sizes = { from: old.size, to: now.size }
  if (old.origin !== now.origin) return { is: 'broken', ...sizes }
  if (old.size > now.size) return { is: 'shorter', ...sizes }
  if (old.size === now.size) return same(old.root, now.root) ? { is: 'same' } : { is: 'broken', ...sizes }
  const path: Bytes[] = []
  for (const range of proofRanges(old.size, now.size)) path.push(await hashOf(range, now.size, read))
  return { is: consistent(old.size, now.size, path, old.root, now.root) ? 'grown' : 'broken', ...sizes }
}

