import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { concat, utf8, type Bytes } from './bytes'
import type { Finding } from './report'
import { verify } from './verify'
import type { Source } from './zip'

// The vectors that the nodes' own verifier is held to (node/audit, TestLooked).

interface Vectors {
  keys: string
  file: string
  cases: { name: string; at: number; cut: number; put: string; exit: number; findings: Finding[]; looks: number }[]
}

const v = JSON.parse(readFileSync(new URL('../../../../../node/audit/testdata/looked.json', import.meta.url), 'utf8')) as Vectors
const honest = utf8(v.file)
const given = { previous: [], receipts: [], genesis: null, entry: null }
const sourceOf = (data: Bytes): Source => ({ size: data.length, read: (at, length) => Promise.resolve(data.slice(at, at + length)) })
const run = (data: Bytes) => verify(sourceOf(data), utf8(v.keys), given)

describe('files of who looked, in the words of the nodes’ verifier', () => {
  for (const c of v.cases) {
    test(c.name, async () => {
      const r = await run(concat(honest.slice(0, c.at), utf8(c.put), honest.slice(c.at + c.cut)))
      expect(r.findings).toEqual(c.findings)
      expect({ exit: r.exit, looks: (r.looks ?? []).length }).toEqual({ exit: c.exit, looks: c.looks })
    })
  }
})

test('no bit of an entry, a slip, a root or a note is changed unnoticed', async () => {
  const places = ['"slip":"sandi', '"entry":"{', '"root":"', '"note":"', '"receipt":"{'].map((mark) => v.file.indexOf(mark) + mark.length)
  for (const at of places) {
    for (let i = at; i < at + 60; i += 7) {
      const spoilt = utf8(v.file.slice(0, i) + (v.file[i] === 'A' ? 'B' : 'A') + v.file.slice(i + 1))
      expect((await run(spoilt)).exit, v.file.slice(i - 20, i + 20)).not.toBe(0)
    }
  }
})
