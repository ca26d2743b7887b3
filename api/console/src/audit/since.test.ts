import { expect, test } from 'vitest'
import { concat, to64, utf8, type Bytes } from '../verify/core/bytes'
import { leafHash, nodeHash, parseTilePath, Tree } from '../verify/core/tree'
import { looksLikeHash } from './hash'
import { proofRanges, since } from './since'

/** log is a tree of some size with its tiles. */
function log(size: number, odd = -1) {
  const tree = new Tree()
  const stored = new Map<string, Bytes>()
  for (let i = 0; i < size; i++) for (const s of tree.append(leafHash(utf8(i === odd ? 'another' : `entry ${i}`)))) stored.set(`${s.level}/${s.index}`, s.hash)
  const checkpoint = { origin: 'o', size, root: tree.root() }
  const read = (path: string) => {
    const t = parseTilePath(path)
    if (!t) throw new Error(path)
    return Promise.resolve(concat(...Array.from({ length: t.width }, (_, i) => stored.get(`${t.level * 8}/${t.index * 256 + i}`) as Bytes)))
  }
  return { checkpoint, read, note: `o\n${size}\n${to64(tree.root())}\n\n— o AAAAAAA=\n` }
}

test('a log that only grew is the same log', async () => {
  const now = log(700)
  for (const size of [1, 2, 3, 7, 8, 255, 256, 257, 300, 511, 512, 513, 699]) {
    expect(await since(log(size).note, now.checkpoint, now.read), String(size)).toEqual({ is: 'grown', from: size, to: 700 })
  }
  expect(await since(now.note, now.checkpoint, now.read)).toEqual({ is: 'same' })
  expect(await since(null, now.checkpoint, now.read)).toEqual({ is: 'first' })
  expect(await since('nothing', now.checkpoint, now.read)).toEqual({ is: 'first' })
})

test('a log that was rewritten or cut is not', async () => {
  const now = log(700)
  for (const size of [5, 256, 300, 700]) {
    expect((await since(log(size, 3).note, now.checkpoint, now.read)).is, String(size)).toBe('broken')
  }
  expect((await since(log(701).note, now.checkpoint, now.read)).is).toBe('shorter')
  expect((await since(log(300).note.replace('o\n', 'p\n'), now.checkpoint, now.read)).is).toBe('broken')
  const lies = log(700, 299) // tiles of another log than the checkpoint's
  expect((await since(log(300).note, now.checkpoint, lies.read)).is).toBe('broken')
})

test('a proof has as many hashes as RFC 6962 says', () => {
  expect(proofRanges(3, 7)).toEqual([[2, 3], [3, 4], [0, 2], [4, 7]]) // prettier-ignore
  expect(proofRanges(4, 7)).toEqual([[4, 7]])
  expect(proofRanges(6, 7)).toEqual([[4, 6], [6, 7], [0, 4]]) // prettier-ignore
  expect(nodeHash(leafHash(utf8('a')), leafHash(utf8('b'))).length).toBe(32)
})

test('what may be a hash', () => {
  for (const s of ['9f86d081', 'ABCDEF0123456789', 'H1i5FFsk0QjXrDiIcziz6jIpgzucHkGCUDQ_kHv9EEc']) expect(looksLikeHash(s), s).toBe(true)
  for (const s of ['9f86d08', 'CT-120000-2025-000018', '充电器', 'H1i5FFsk0QjXrDiIcziz6jIpgzucHkGCUDQ_kHv9EE']) expect(looksLikeHash(s), s).toBe(false)
})
