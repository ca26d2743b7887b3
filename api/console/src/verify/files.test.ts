import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { utf8 } from './core/bytes'
import { headSize, kindOf, sortOut, type Chosen, type Kind } from './files'

const file = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')
const kind = (s: string) => kindOf(utf8(s).subarray(0, headSize), s.length)

test('files are known by how they begin', () => {
  const keys = file('consensus/checkpoint/testdata/auditor-keys')
  expect(kind(keys)).toBe('keys')
  expect(kind('\ufeff' + keys.split('\n').join('\r\n'))).toBe('keys')
  expect(kind(keys.split('\n').slice(3).join('\n'))).toBe('keys')
  expect(kind(file('consensus/genesis/testdata/genesis.json'))).toBe('genesis')
  expect(kind('{\n  "format": "sandi-receipt/1",\n  "network": "x"}')).toBe('receipt')
  expect(kind('{"format":"sandi-who-looked/1"')).toBe('looked')
  expect(kind('c2sp.org/tlog-proof@v1\nindex 0\n')).toBe('proof')
  expect(kind('{"v":1,"seq":12,')).toBe('entry')
  expect(kind('sandi.internal/ledger\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— x AAAAAAA=\n')).toBe('note')
  expect(kindOf(new Uint8Array([0x50, 0x4b, 3, 4]), 4)).toBe('bundle')
  for (const other of ['', '{}', 'hello', 'PNG']) expect(kind(other)).toBe('unknown')
})

test('each file has its part', () => {
  let id = 0
  const chosen = (k: Kind): Chosen => ({ id: ++id, name: k, size: 1, kind: k, file: new Blob([]) })
  const all = [chosen('keys'), chosen('receipt'), chosen('bundle'), chosen('bundle'), chosen('note'), chosen('proof')]
  const c = sortOut(all)
  expect([c.main, c.keys]).toEqual([all[2], all[0]])
  expect(c.receipts).toEqual([all[1]])
  expect(c.kept).toEqual([all[4], all[3], all[5]])
  const alone = sortOut([chosen('receipt'), chosen('genesis')])
  expect([alone.main?.kind, alone.receipts.length, alone.kept.length, alone.genesis?.kind]).toEqual(['receipt', 0, 0, 'genesis'])
  expect(sortOut([]).main).toBeNull()
})
