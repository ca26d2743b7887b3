import { Inflate } from 'fflate'
import type { Bytes } from './bytes'

// The directory of a zip is read here, because libraries that stream a zip go by what
// stands before each file, and the nodes' own verifier by the directory at the end: two
// readers of one bundle must not see two. The unpacking is the library's.

/** Source is a file that can be read anywhere: a File of the browser, or bytes. */
export interface Source {
  size: number
  read: (at: number, length: number) => Promise<Bytes>
}

export const sourceOf = (data: Bytes): Source => ({ size: data.length, read: (at, length) => Promise.resolve(data.subarray(at, at + length)) })

/** Packed is a line of the directory: what is claimed of a file. */
export interface Packed {
  name: string
  method: number // 0 stored, 8 deflated
  encrypted: boolean
  packed: number // bytes in the zip
  size: number // bytes unpacked
  at: number // of the file's own header
}

/** BadZip is thrown for what is no zip within the bounds. */
export class BadZip extends Error {}

const maxDirectory = 24 << 20
const endSize = 22
const maxComment = 65_535
const marks = { end: 0x06054b50, end64: 0x06064b50, locator: 0x07064b50, line: 0x02014b50, file: 0x04034b50 }

interface End {
  count: number
  size: number
  at: number
}

/** readDirectory reads which files a zip has, at most so many. */
export async function readDirectory(src: Source, most: number): Promise<Packed[]> {
  const end = await findEnd(src)
  if (end.size > maxDirectory) throw new BadZip('its directory is too large')
  if (end.count > most) throw new BadZip(`${end.count} files`)
  if (end.at + end.size > src.size) throw new BadZip('no directory')
  const dir = await exactly(src, end.at, end.size)
  const view = new DataView(dir.buffer, dir.byteOffset, dir.length)
  const out: Packed[] = []
  let i = 0
  while (i < dir.length) {
    if (dir.length - i < 46 || view.getUint32(i, true) !== marks.line) throw new BadZip('no directory')
    const [names, extra, comment] = [28, 30, 32].map((at) => view.getUint16(i + at, true))
    const next = i + 46 + names + extra + comment
    if (next > dir.length) throw new BadZip('no directory')
    const line = {
      name: String.fromCharCode(...dir.subarray(i + 46, i + 46 + Math.min(names, 1000))),
      method: view.getUint16(i + 10, true),
      encrypted: (view.getUint16(i + 8, true) & 1) !== 0,
      packed: view.getUint32(i + 20, true),
      size: view.getUint32(i + 24, true),
      at: view.getUint32(i + 42, true),
    }
    widen(line, new DataView(dir.buffer, dir.byteOffset + i + 46 + names, extra))
    out.push(line)
    i = next
  }
  if (out.length !== end.count) throw new BadZip('no directory')
  return out
}

/** widen takes the sizes that do not fit 32 bits from the extra field. */
function widen(line: Packed, extra: DataView) {
  for (let i = 0; i + 4 <= extra.byteLength; i += 4 + extra.getUint16(i + 2, true)) {
    if (extra.getUint16(i, true) !== 1) continue
    const end = i + 4 + extra.getUint16(i + 2, true)
    let at = i + 4
    for (const member of ['size', 'packed', 'at'] as const) {
      if (line[member] !== 0xffffffff) continue
      if (at + 8 > end || end > extra.byteLength) throw new BadZip('no directory')
      line[member] = wide(extra, at)
      at += 8
    }
    return
  }
}

function wide(view: DataView, at: number): number {
  const n = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
  if (n > Number.MAX_SAFE_INTEGER) throw new BadZip('impossible sizes')
  return n
}

async function exactly(src: Source, at: number, length: number): Promise<Bytes> {
  const data = await src.read(at, length)
  if (data.length !== length) throw new BadZip('cut short')
  return data
}

async function findEnd(src: Source): Promise<End> {
  const span = Math.min(src.size, endSize + maxComment)
  const tail = await exactly(src, src.size - span, span)
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length)
  for (let i = tail.length - endSize; i >= 0; i--) {
    if (view.getUint32(i, true) !== marks.end || i + endSize + view.getUint16(i + 20, true) > tail.length) continue
    const end = { count: view.getUint16(i + 10, true), size: view.getUint32(i + 12, true), at: view.getUint32(i + 16, true) }
    const large = end.count === 0xffff || end.size === 0xffffffff || end.at === 0xffffffff
    return large ? ((await findEnd64(src, src.size - span + i)) ?? end) : end
  }
  throw new BadZip('no zip')
}

async function findEnd64(src: Source, end: number): Promise<End | null> {
  if (end < 20) return null
  const locator = await exactly(src, end - 20, 20)
  const l = new DataView(locator.buffer, locator.byteOffset, 20)
  if (l.getUint32(0, true) !== marks.locator) return null
  const data = await exactly(src, wide(l, 8), 56)
  const view = new DataView(data.buffer, data.byteOffset, 56)
  if (view.getUint32(0, true) !== marks.end64) return null
  return { count: wide(view, 32), size: wide(view, 40), at: wide(view, 48) }
}

/** unpack reads one file, exactly as long as the directory says. */
export async function unpack(src: Source, f: Packed): Promise<Bytes> {
  const head = await exactly(src, f.at, 30)
  const view = new DataView(head.buffer, head.byteOffset, 30)
  if (view.getUint32(0, true) !== marks.file) throw new BadZip('no file there')
  const packed = await exactly(src, f.at + 30 + view.getUint16(26, true) + view.getUint16(28, true), f.packed)
  return f.method === 0 ? packed : inflate(packed, f.size)
}

const step = 64 << 10

/** inflate unpacks piece by piece, so that what is longer than it claims is noticed before it is held. */
function inflate(packed: Bytes, size: number): Bytes {
  const out = new Uint8Array(size)
  let at = 0
  const stream = new Inflate((piece) => {
    if (at + piece.length > size) throw new BadZip('longer than it claims')
    out.set(piece, at)
    at += piece.length
  })
  try {
    for (let i = 0; i < packed.length; i += step) stream.push(packed.subarray(i, i + step), i + step >= packed.length)
  } catch (err) {
    throw err instanceof BadZip ? err : new BadZip('cannot be unpacked')
  }
  if (at !== size) throw new BadZip('shorter than it claims')
  return out
}
