import { decimal, from64, text, to64, utf8, type Bytes } from './bytes'
import { maxNote } from './note'

const header = 'c2sp.org/tlog-proof@v1'
export const maxPath = 63

/** Proof says that an entry stands at an index of the tree of a checkpoint (C2SP tlog-proof); it does not hold the entry. */
export interface Proof {
  index: number
  path: Bytes[]
  checkpoint: Bytes // signed note
}

export const isProof = (head: string) => head.startsWith('c2sp.org/tlog-proof')

/** parseProof reads the one spelling of a proof; null for all else. */
export function parseProof(data: Bytes): Proof | null {
  const s = data.length <= 64 + maxPath * 45 + 1 + maxNote ? text(data) : null
  const cut = s === null ? -1 : s.indexOf('\n\n')
  if (s === null || cut < 0) return null
  const [first, second, ...hashes] = s.slice(0, cut).split('\n')
  const index = second?.startsWith('index ') ? decimal(second.slice(6)) : null
  const path = hashes.map(parseHash)
  const checkpoint = utf8(s.slice(cut + 2))
  if (first !== header || index === null || hashes.length > maxPath || path.includes(null) || checkpoint.length === 0 || checkpoint.length > maxNote) return null
  return { index, path: path as Bytes[], checkpoint }
}

export function parseHash(s: string): Bytes | null {
  const raw = s.length === 44 ? from64(s) : null
  return raw && raw.length === 32 ? raw : null
}

export const formatProof = (p: Proof) => `${header}\nindex ${p.index}\n${p.path.map((h) => to64(h) + '\n').join('')}\n${text(p.checkpoint)}`
