import { from64url, text, utf8, type Bytes } from './bytes'
import { parseLeaf } from './leaf'
import { gradeOf, isFault, maxNote, type Grade, type Keys, type NoteFault, type Policy } from './note'
import { maxPath, parseHash } from './proof'
import { BadJson, list, num, only, parse, str } from './scanner'
import { parseStatement } from './statement'
import { included, leafHash } from './tree'

export const maxReceipt = 256 << 10

/** Receipt proves that a statement took effect at a place of the ledger (consensus/checkpoint). */
export interface Receipt {
  network: string
  index: number
  size: number
  grade: Grade
  leaf: Bytes
  statement: string
  path: Bytes[]
  checkpoint: Bytes
}

const members = ['format', 'network', 'index', 'size', 'grade', 'leaf', 'statement', 'path', 'checkpoint']

/** parseReceipt reads a receipt, or says why it is none. It proves form only. */
export function parseReceipt(data: Bytes): Receipt | string {
  try {
    return read(data)
  } catch (err) {
    if (err instanceof BadJson) return err.message
    throw err
  }
}

function read(data: Bytes): Receipt {
  const s = data.length <= maxReceipt ? text(data) : null
  if (s === null) throw new BadJson('size or UTF-8')
  const o = parse(s, 2)
  only(o, members)
  if (o.format !== 'sandi-receipt/1') throw new BadJson('format')
  const path = list(o.path).map((h) => parseHash(str(h)))
  const grade = str(o.grade)
  const r = { network: str(o.network), index: num(o.index), size: num(o.size), leaf: from64url(str(o.leaf)), statement: str(o.statement), checkpoint: utf8(str(o.checkpoint)) }
  const whole = r.network && r.leaf && r.leaf.length > 0 && r.statement && r.checkpoint.length > 0 && r.checkpoint.length <= maxNote
  if (!whole || !r.leaf || r.index < 0 || r.size < 0 || path.length > maxPath || path.includes(null)) throw new BadJson('form')
  if (grade !== 'committed' && grade !== 'published' && grade !== 'final') throw new BadJson('grade')
  return { ...r, leaf: r.leaf, path: path as Bytes[], grade }
}

/** Verdict is what a receipt comes to: good, or which of its parts do not hold. */
export type Verdict = { good: true } | { good: false; why: 'parts' | 'inclusion' } | { good: false; why: 'grade'; grade: Grade } | { good: false; why: 'note'; fault: NoteFault }

/** verify checks the parts of a receipt against each other and its checkpoint under the reader's keys. */
export function verifyReceipt(r: Receipt, keys: Keys, policy: Policy): Verdict {
  const leaf = parseLeaf(r.leaf)
  const st = leaf && parseStatement(leaf.stmt)
  if (!leaf || !st || typeof st === 'string') return { good: false, why: 'parts' }
  if (leaf.seq !== r.index || leaf.stmt !== r.statement || st.network !== r.network) return { good: false, why: 'parts' }
  const note = keys.open(r.checkpoint)
  if (isFault(note)) return { good: false, why: 'note', fault: note }
  if (note.origin !== policy.origin) return { good: false, why: 'note', fault: { fault: 'origin' } }
  if (note.size !== r.size) return { good: false, why: 'parts' }
  if (!included(leafHash(r.leaf), r.index, note.size, r.path, note.root)) return { good: false, why: 'inclusion' }
  const grade = gradeOf(policy, note)
  return grade === r.grade ? { good: true } : { good: false, why: 'grade', grade }
}
