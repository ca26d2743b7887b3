import { inflateSync, unzipSync, zipSync } from 'fflate'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { from64, text, utf8, type Bytes } from './bytes'
import type { Finding } from './report'
import { BadKeys, verify } from './verify'
import { sourceOf } from './zip'

// Files that somebody has tampered with, and what the nodes' own verifier finds in them
// (node/audit, browser_test.go).

interface Patch {
  from?: string
  at: number
  cut: number
  put: string | null
}

interface Vector {
  name: string
  did: string
  base?: string
  files?: Record<string, Patch | null>
  whole?: string
  keys: string
  previous?: string[]
  receipts?: string[]
  genesis?: string
  own?: boolean
  entry?: string
  refused?: boolean
  exit: number
  touched?: number[]
  within?: boolean
  findings: Finding[] | null
}

type Files = Record<string, Bytes>

const archive = unzipSync(new Uint8Array(readFileSync(new URL('../testdata/tampered.zip', import.meta.url))))
const bases: Record<string, Files> = {}
for (const name of Object.keys(archive)) if (name.endsWith('.zip')) bases[name.slice(0, -4)] = unzipSync(archive[name])
const vectors = JSON.parse(text(archive['vectors.json']) ?? '') as Vector[]

const raw = (s: string | null | undefined) => from64(s ?? '') ?? new Uint8Array()

function patched(base: Files, name: string, p: Patch): Bytes {
  const from = base[p.from ?? name] ?? new Uint8Array()
  return new Uint8Array([...from.subarray(0, p.at), ...raw(p.put), ...from.subarray(p.at + p.cut)])
}

function fileOf(v: Vector): Bytes {
  if (v.whole) return inflateSync(raw(v.whole))
  const base = bases[v.base ?? '']
  const files = { ...base }
  for (const [name, p] of Object.entries(v.files ?? {})) {
    if (p) files[name] = patched(base, name, p)
    else delete files[name]
  }
  const packs = v.name.length % 2 === 1 && v.name !== 'tile: surplus' // whose zeros would be packed too well
  return zipSync(files, { level: packs ? 6 : 0 })
}

const given = (v: Vector) => ({
  previous: (v.previous ?? []).map(raw),
  receipts: (v.receipts ?? []).map(raw),
  genesis: v.own ? bases.log['genesis.json'] : v.genesis ? raw(v.genesis) : null,
  entry: v.entry ? raw(v.entry) : null,
})

const run = (v: Vector) => verify(sourceOf(fileOf(v)), utf8(v.keys), given(v))

/** What takes the rules of the network. A browser says INDETERMINATE of it, never PASS. */
const rulesOnly = (f: Finding) => (f.check === 5 && f.code !== 'envelope') || f.check === 6 || f.code === 'deadlines' || f.code === 'delay'

const names = (findings: Finding[], v: Vector) =>
  findings.some(
    (f) => f.result === 'FAIL' && f.entry !== undefined && (f.last === undefined || v.within) && (v.touched ?? []).some((i) => i >= (f.entry as number) && i <= (f.last ?? (f.entry as number))),
  )

describe('what nobody has changed', () => {
  for (const v of vectors.filter((x) => x.name.startsWith('nothing'))) {
    test(v.name, async () => {
      const r = await run(v)
      expect(r.findings.filter((f) => f.result === 'FAIL')).toEqual([])
      // Whatever passes here passes there, in the same words; the rest is left to it.
      const want = v.findings ?? []
      for (const f of r.findings.filter((x) => x.result === 'PASS')) expect(want).toContainEqual(f)
      for (const n of new Set(want.filter((f) => !rulesOnly(f)).map((f) => f.check))) {
        expect(r.findings.map((f) => f.check)).toContain(n)
      }
      for (const f of r.findings.filter((x) => x.result === 'INDETERMINATE' && !want.some((w) => w.zh === x.zh))) {
        expect(f.en).toMatch(/sandi-audit verify|give the entry|could not be counted/)
      }
    })
  }
})

describe('what was tampered with', () => {
  for (const [i, v] of vectors.filter((x) => !x.name.startsWith('nothing')).entries()) {
    test(`${v.name} (${i})`, async () => {
      if (v.refused) {
        await expect(run(v)).rejects.toBeInstanceOf(BadKeys)
        return
      }
      const r = await run(v)
      expect(r.exit, JSON.stringify(r.findings.filter((f) => f.result !== 'PASS'))).not.toBe(0)
      const seen = (v.findings ?? []).filter((f) => f.result === 'FAIL' && !rulesOnly(f))
      expect(r.result, `${v.did}: ${JSON.stringify(v.findings?.filter((f) => f.result === 'FAIL'))}`).toBe(seen.length > 0 ? 'FAIL' : r.result)
      if (seen.some((f) => f.entry !== undefined) && names(seen, v)) {
        expect(names(r.findings, v), `${v.did}: ${v.touched} in ${JSON.stringify(r.findings.filter((f) => f.result !== 'PASS'))}`).toBe(true)
      }
      // Every failure that does not take the rules is found here too, with its code.
      for (const f of seen) expect(r.findings, v.did).toContainEqual(expect.objectContaining({ check: f.check, result: 'FAIL', code: f.code }))
    })
  }
})
