import type { Bytes } from './bytes'
import { parseLeaf, type Leaf } from './leaf'
import type { Summary } from './report'
import { formatAt } from './forms'
import { parseStatement, type Statement } from './statement'
import { leafHash } from './tree'

/** Entry is one entry as far as it can be read without the others. */
export interface Entry {
  raw: Bytes
  hash: Bytes
  leaf: Leaf | null // null: not an entry's form
  st: Statement | null
  fault: string // why the statement cannot be read
}

export function readEntry(raw: Bytes): Entry {
  const leaf = parseLeaf(raw)
  const st = leaf ? parseStatement(leaf.stmt) : ''
  return { raw, hash: leafHash(raw), leaf, st: typeof st === 'string' ? null : st, fault: typeof st === 'string' ? st : '' }
}

/** splitEntries cuts a tile of entries, and gives what is whole before the first fault. */
export function splitEntries(body: Bytes, most: number): { entries: Bytes[]; rest: number } {
  const entries: Bytes[] = []
  let at = 0
  while (body.length - at >= 2 && entries.length < most) {
    const end = at + 2 + body[at] * 256 + body[at + 1]
    if (end > body.length) break
    entries.push(body.subarray(at + 2, end))
    at = end
  }
  return { entries, rest: body.length - at }
}

/** Tally counts entries. */
export class Tally {
  private entries = 0
  private first = 0
  private last = 0
  private kinds = new Map<string, number>()
  private actors = new Map<string, number>()

  add(e: Entry) {
    if (!e.leaf || !e.st) return
    if (this.entries++ === 0) this.first = e.leaf.ts
    this.last = e.leaf.ts
    const { region, actor, kind } = e.st
    const who = [region, actor.org, actor.role].join(' ')
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1)
    this.actors.set(who, (this.actors.get(who) ?? 0) + 1)
  }

  summary(): Summary {
    const sorted = (m: Map<string, number>) => [...m].sort((a, b) => (a[0] < b[0] ? -1 : 1))
    const span = this.entries > 0 ? { from: formatAt(Math.floor(this.first / 1000)), to: formatAt(Math.floor(this.last / 1000)) } : {}
    return {
      entries: this.entries,
      ...span,
      kinds: sorted(this.kinds).map(([kind, n]) => ({ kind, n })),
      actors: sorted(this.actors).map(([who, acts]) => {
        const [region, org, role] = who.split(' ')
        return { region, org, role, acts }
      }),
      forks: [],
    }
  }
}

