import { claimOf } from './core/note'
import { text, utf8, type Bytes } from './core/bytes'
import { isProof } from './core/proof'

/** What is a file that somebody has dropped, by how it begins. */
export type Kind = 'keys' | 'bundle' | 'receipt' | 'proof' | 'note' | 'genesis' | 'entry' | 'looked' | 'unknown'

/** headSize is how much of a file is read to know it. */
export const headSize = 4096

const formats: [string, Kind][] = [
  ['sandi-receipt/1', 'receipt'],
  ['sandi-genesis/1', 'genesis'],
  ['sandi-who-looked/1', 'looked'],
]

/** kindOf recognises a file by its first bytes. It proves nothing: verification does. */
export function kindOf(head: Bytes, size: number): Kind {
  if (head[0] === 0x50 && head[1] === 0x4b) return 'bundle'
  const s = text(head) ?? text(head.subarray(0, head.length - 4)) ?? text(head.subarray(0, 512)) ?? ''
  if (isProof(s)) return 'proof'
  if (s.startsWith('{"v":1,"seq":')) return 'entry'
  if (/^\s*\{/.test(s)) {
    for (const [format, kind] of formats) if (new RegExp(`"format"\\s*:\\s*"${format}"`).test(s)) return kind
    return 'unknown'
  }
  if (/^\ufeff?(#.*\r?\n|\s*\n)*\s*genesis\s+[0-9A-Fa-f]/.test(s) || /^[^\s+]+\+[0-9a-f]{8}\+\S+/m.test(s)) return 'keys'
  return size <= headSize * 4 && claimOf(utf8(s)) ? 'note' : 'unknown'
}

export interface Chosen {
  id: number
  name: string
  size: number
  kind: Kind
  file: Blob
}

/** Case is what is verified, and against what. */
export interface Case {
  main: Chosen | null
  keys: Chosen | null
  receipts: Chosen[] // held against the bundle
  kept: Chosen[] // checkpoints that the auditor kept: notes, and bundles, receipts or proofs that are not the main file
  genesis: Chosen | null
  entry: Chosen | null
}

/** sortOut says what each file is for: a bundle comes first, then a file of who looked, a receipt, a proof. */
export function sortOut(files: Chosen[]): Case {
  const of = (kind: Kind) => files.filter((f) => f.kind === kind)
  const bundles = of('bundle')
  const receipts = of('receipt')
  const proofs = of('proof')
  const main = bundles[0] ?? of('looked')[0] ?? receipts[0] ?? proofs[0] ?? null
  return {
    main,
    keys: of('keys')[0] ?? null,
    receipts: main?.kind === 'bundle' ? receipts : [],
    kept: [...of('note'), ...bundles.slice(1), ...(main?.kind === 'receipt' ? receipts.slice(1) : []), ...(main?.kind === 'proof' ? proofs.slice(1) : proofs)],
    genesis: of('genesis')[0] ?? null,
    entry: of('entry')[0] ?? null,
  }
}
