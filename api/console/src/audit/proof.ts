import { from64url, to64url, utf8 } from '../verify/core/bytes'
import { clock } from '../verify/core/forms'
import { parseLeaf } from '../verify/core/leaf'
import { claimOf, type Checkpoint } from '../verify/core/note'
import type { Receipt } from '../verify/core/receipt'
import { parseStatement, type Statement } from '../verify/core/statement'
import { included, leafHash } from '../verify/core/tree'

/** Proven is what an entry's receipt shows by itself, computed again in this page. Whose keys signed the checkpoint, it does not tell. */
export interface Proven {
  leafHash: string
  ledgerTime: string
  state: string // digest of the ledger's state after the entry
  statement: Statement | null
  body: string // of the statement, indented
  checkpoint: Checkpoint | null
  stands: boolean // the path leads from the entry to the checkpoint's root
}

/** provenOf computes a receipt's proof again; null for a leaf that is none. */
export function provenOf(r: Pick<Receipt, 'index' | 'path'> & { leaf: string; checkpoint: string }): Proven | null {
  const raw = from64url(r.leaf)
  const leaf = raw && parseLeaf(raw)
  if (!raw || !leaf) return null
  const st = parseStatement(leaf.stmt)
  const checkpoint = claimOf(utf8(r.checkpoint))
  const hash = leafHash(raw)
  return {
    leafHash: to64url(hash),
    ledgerTime: clock(leaf.ts),
    state: leaf.state,
    statement: typeof st === 'string' ? null : st,
    body: typeof st === 'string' ? '' : indented(st.body),
    checkpoint,
    stands: checkpoint !== null && leaf.seq === r.index && included(hash, r.index, checkpoint.size, r.path, checkpoint.root),
  }
}

function indented(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2)
  } catch {
    return json
  }
}

/** cosignersOf are the names of the lines of a signed note; a log's own lines have the origin's name. */
export const cosignersOf = (note: string, origin: string) =>
  [...note.matchAll(/^— (\S+) /gm)].map((m) => m[1]).filter((name) => name !== origin).map((name) => name.slice(origin.length + 1))
