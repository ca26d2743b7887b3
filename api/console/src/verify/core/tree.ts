import { sha256, same, type Bytes } from './bytes'

// The hash tree of RFC 6962. Sizes and indexes are whole numbers below 2^53, so no bit
// operation of the language, which cut to 32 bits, is used on them.

const half = (n: number) => Math.floor(n / 2)
const zero = new Uint8Array([0])
const one = new Uint8Array([1])

export const emptyRoot = sha256(new Uint8Array())
export const leafHash = (entry: Bytes) => sha256(zero, entry)
export const nodeHash = (left: Bytes, right: Bytes) => sha256(one, left, right)

/** storedStep: hash tiles hold every eighth level. */
export const storedStep = 8
export const tileWidth = 256

export interface Stored {
  level: number // 0, 8, 16, …
  index: number
  hash: Bytes
}

/** Tree grows by leaf hashes and holds one hash per level. */
export class Tree {
  size = 0
  private edge: (Bytes | null)[] = [] // by level: the complete subtree that waits for its neighbour

  /** append gives the stored hashes that the leaf completes, the leaf's own first. */
  append(leaf: Bytes): Stored[] {
    const done: Stored[] = [{ level: 0, index: this.size, hash: leaf }]
    let level = 0
    let index = this.size
    let hash = leaf
    for (; index % 2 === 1; level++, index = half(index)) {
      hash = nodeHash(this.edge[level] as Bytes, hash)
      this.edge[level] = null
      if ((level + 1) % storedStep === 0) done.push({ level: level + 1, index: half(index), hash })
    }
    this.edge[level] = hash
    this.size++
    return done
  }

  root(): Bytes {
    let root: Bytes | null = null
    for (const hash of this.edge) if (hash) root = root ? nodeHash(hash, root) : hash
    return root ?? emptyRoot
  }
}

/** included checks an audit path, lowest node first. */
export function included(leaf: Bytes, index: number, size: number, path: Bytes[], root: Bytes): boolean {
  const found = rootOf(leaf, index, size, path)
  return found !== null && same(found, root)
}

/** rootOf is the root of the one tree in which an audit path proves a leaf (RFC 9162 section 2.1.3.2); null for a path of no tree. */
export function rootOf(leaf: Bytes, index: number, size: number, path: Bytes[]): Bytes | null {
  if (index >= size) return null
  let fn = index
  let sn = size - 1
  let r = leaf
  for (const p of path) {
    if (sn === 0) return null
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r)
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else {
      r = nodeHash(r, p)
    }
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 ? r : null
}

/** consistent checks that one tree is a prefix of the other (RFC 9162 section 2.1.4.2). */
export function consistent(old: number, size: number, path: Bytes[], oldRoot: Bytes, root: Bytes): boolean {
  if (old > size) return false
  if (old === size) return path.length === 0 && same(oldRoot, root)
  if (old === 0) return path.length === 0 && same(oldRoot, emptyRoot)
  let fn = old - 1
  let sn = size - 1
  while (fn % 2 === 1) {
    fn = half(fn)
    sn = half(sn)
  }
  const rest = [...path]
  const first = fn === 0 ? oldRoot : rest.shift() // a power of two: its root is a node of the tree itself
  if (!first) return false
  let fr = first
  let sr = first
  for (const c of rest) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(c, fr)
      sr = nodeHash(c, sr)
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else {
      sr = nodeHash(sr, c)
    }
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && same(fr, oldRoot) && same(sr, root)
}

/** Tile names a tile of C2SP tlog-tiles: width hashes of level 8*level, or entries. */
export interface Tile {
  level: number // 0 to 63, or entries
  index: number
  width: number // 1 to 256
}

export const entriesLevel = -1
const levelMost = 63
const indexMost = 2 ** 48 - 1

export function tilePath(t: Tile): string {
  let n = t.index
  let number = String(n % 1000).padStart(3, '0')
  for (n = Math.floor(n / 1000); n > 0; n = Math.floor(n / 1000)) number = `x${String(n % 1000).padStart(3, '0')}/${number}`
  const partial = t.width === tileWidth ? '' : `.p/${t.width}`
  return `tile/${t.level === entriesLevel ? 'entries' : t.level}/${number}${partial}`
}

/** parseTilePath is the inverse; null for every other spelling. */
export function parseTilePath(path: string): Tile | null {
  if (path.length > 64) return null
  const found = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path)
  if (!found) return null
  const t = {
    level: found[1] === 'entries' ? entriesLevel : Number(found[1]),
    index: Number(found[2].replace(/[x/]/g, '')),
    width: found[3] === undefined ? tileWidth : Number(found[3]),
  }
  const partial = found[3] === undefined || (t.width > 0 && t.width < tileWidth)
  return partial && t.level <= levelMost && t.index <= indexMost && tilePath(t) === path ? t : null
}

/** widthAt is how much of a tile is there in a tree of a size; 0 beyond it. */
export function widthAt(level: number, index: number, size: number): number {
  if (level > 7) return 0
  const row = Math.floor(size / 2 ** (storedStep * Math.max(level, 0)))
  return Math.max(0, Math.min(row - index * tileWidth, tileWidth))
}
