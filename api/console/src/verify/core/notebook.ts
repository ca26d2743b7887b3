import { hex, type Bytes } from './bytes'
import { stateAt } from './key'
import type { KeyFile } from './keyfile'
import type { RegisteredNoteKey } from './keybook'
import { claimOf, cosignedBy, gradeOf, isFault, Keys, vkey, type Grade, type Note, type NoteFault, type NoteKey, type Policy, type Signature } from './note'

/** Opened is a note with the keys that it was opened under. */
export interface Opened {
  note: Note | null
  fault: NoteFault | null
  keys: Keys
  policy: Policy
  revoked: Signature[] // by keys that must not sign a tree of this size
}

/**
 * Notebook says under which keys a checkpoint of a size counts (node/audit, notebook.go).
 * Before a log was read, and of files that are no whole log, these are the auditor's own.
 */
export class Notebook {
  private known: RegisteredNoteKey[] = [] // of the ledger, those that count
  private others: NoteKey[] // of the file, that the ledger does not know
  private sets = new Map<string, { valid: Keys; revoked: Keys | null }>()

  constructor(
    private readonly file: KeyFile,
    private readonly policy: () => Policy,
  ) {
    this.others = file.keys.list
  }

  /** learn takes up the keys as the entries of a whole log tell them. */
  learn(ever: RegisteredNoteKey[]) {
    const listed = new Set(this.file.keys.list.map((k) => hex(k.public)))
    const registered = new Set(ever.map((k) => hex(k.key.public)))
    this.known = ever.filter((k) => counts(k, ever, listed))
    this.others = this.file.keys.list.filter((k) => !registered.has(hex(k.public)))
    this.sets.clear()
  }

  private at(size: number) {
    const state = (k: RegisteredNoteKey) => stateAt(k.life, size)
    const mark = this.known.map((k) => state(k)[0]).join('')
    let set = this.sets.get(mark)
    if (!set) {
      const valid = this.known.filter((k) => state(k) === 'active' || state(k) === 'retiring').map((k) => k.key)
      const revoked = this.known.filter((k) => state(k) === 'revoked').map((k) => k.key)
      set = { valid: Keys.together([...this.others, ...valid]), revoked: revoked.length > 0 ? Keys.together(revoked) : null }
      this.sets.set(mark, set)
    }
    return set
  }

  /** find gives what the ledger knows of a key; undefined for one of the file alone. */
  find = (k: NoteKey) => this.known.find((known) => vkey(known.key) === vkey(k))

  /** lists reports whether the auditor's file has a key. */
  lists = (k: NoteKey) => this.file.keys.list.some((have) => vkey(have) === vkey(k))

  open(raw: Bytes): Opened {
    const claim = claimOf(raw)
    const set = claim ? this.at(claim.size) : { valid: this.file.keys, revoked: null }
    const read = set.valid.open(raw)
    const old = set.revoked?.open(raw)
    const opened = { keys: set.valid, policy: this.policy(), revoked: old && !isFault(old) ? old.signatures : [] }
    return isFault(read) ? { ...opened, note: null, fault: read } : { ...opened, note: read, fault: null }
  }
}

/** counts reports whether a key of the ledger is one that the auditor believes. */
function counts(k: RegisteredNoteKey, ever: RegisteredNoteKey[], listed: Set<string>): boolean {
  if (listed.has(hex(k.key.public)) || !k.genesis || k.life.revoked !== 0) return true
  return ever.some((later) => !later.genesis && later.key.region === k.key.region && later.key.node === k.key.node && later.key.kind === k.key.kind && listed.has(hex(later.key.public)))
}

export const gradeOfOpened = (o: Opened): Grade => (o.note ? gradeOf(o.policy, o.note) : '')

/** withoutLogKey are the regions that cosigned but none of whose log keys signed: a published note carries both. */
export function withoutLogKey(o: Opened): string[] {
  const note = o.note
  if (!note) return []
  const has = new Set(o.keys.list.filter((k) => k.kind === 'log' && k.name === note.origin).map((k) => k.region))
  const signed = new Set(note.signatures.filter((s) => s.key.kind === 'log').map((s) => s.key.region))
  return cosignedBy(note).filter((region) => has.has(region) && !signed.has(region))
}
