import { zipSync, type Zippable } from 'fflate'
import { describe, expect, test } from 'vitest'
import { Bundle } from './bundle'
import { utf8, type Bytes } from './bytes'
import { BadZip, readDirectory, sourceOf } from './zip'

// A hostile zip is refused by what it claims, before any of its content is read.

const manifest = utf8('{"format":"sandi-bundle/1","kind":"log","network":"n","origin":"o","size":0,"root":""}')
const pack = (files: Zippable, level: 0 | 6 = 0) => zipSync({ 'manifest.json': manifest, ...files }, { level })
const open = (zip: Bytes) => Bundle.open(sourceOf(zip))

/** claimed changes bytes of the directory's line of a file. */
function claimed(zip: Bytes, name: string, at: number, value: number, wide = true): Bytes {
  const out = zip.slice()
  const view = new DataView(out.buffer)
  for (let i = 0; i + 46 < out.length; i++) {
    if (view.getUint32(i, true) !== 0x02014b50) continue
    if (String.fromCharCode(...out.subarray(i + 46, i + 46 + view.getUint16(i + 28, true))) !== name) continue
    if (wide) view.setUint32(i + at, value, true)
    else view.setUint16(i + at, value, true)
    return out
  }
  throw new Error(`no ${name}`)
}

test('what is whole opens, stored and packed', async () => {
  for (const level of [0, 6] as const) {
    const b = await open(pack({ 'README.txt': utf8('abc '.repeat(30)) }, level))
    expect(b.names()).toEqual(['manifest.json', 'README.txt'])
    expect(await b.read('README.txt')).toEqual(utf8('abc '.repeat(30)))
  }
})

describe('what is refused', () => {
  const readme = { 'README.txt': utf8('abc '.repeat(30)) }
  const cases: [string, () => Bytes, RegExp][] = [
    ['no zip', () => utf8('PK nothing of the kind'), /no zip/],
    ['cut', () => pack(readme).slice(40), /directory|no file/],
    ['no manifest', () => zipSync(readme), /no manifest/],
    ['a bomb', () => pack({ 'README.txt': new Uint8Array(60_000) }, 6), /times over/],
    ['traversal', () => pack({ '../checkpoint': utf8('x') }), /a file called/],
    ['a tile out of the grammar', () => pack({ 'tile/0/x000/001': utf8('x') }), /a file called/],
    ['too large for its kind', () => pack({ checkpoint: new Uint8Array(16_385) }), /at most 16384/],
    ['encrypted', () => claimed(pack(readme), 'README.txt', 8, 1, false), /encrypted/],
    ['another method', () => claimed(pack(readme), 'README.txt', 10, 12, false), /method 12/],
    ['two sizes', () => claimed(pack(readme), 'README.txt', 20, 119), /two sizes/],
    ['larger packed than unpacked', () => claimed(pack(readme, 6), 'README.txt', 20, 9_000), /larger packed/],
    ['overlapping files', () => claimed(claimed(pack(readme), 'manifest.json', 20, 60_000), 'manifest.json', 24, 60_000), /overlap/],
  ]
  for (const [name, zip, why] of cases) {
    test(name, async () => {
      await expect(open(zip())).rejects.toThrow(BadZip)
      await expect(open(zip())).rejects.toThrow(why)
    })
  }

  test('more files than are counted', async () => {
    await expect(readDirectory(sourceOf(pack(readme)), 1)).rejects.toThrow('2 files')
  })

  test('content longer or shorter than it claims', async () => {
    for (const size of [100, 140]) {
      const b = await open(claimed(pack(readme, 6), 'README.txt', 24, size))
      expect(await b.read('README.txt'), String(size)).toBeNull()
    }
  })
})
