import type { Bytes } from './bytes'
import { same } from './bytes'
import { Attached } from './attached'
import type { Audit } from './audit'
import { readEntry, splitEntries, Tally, type Entry } from './entry'
import { names } from './bundle'
import { Keybook } from './keybook'
import { Points } from './points'
import { check, say } from './report'
import { entriesLevel, parseTilePath, storedStep, tilePath, tileWidth, Tree, widthAt } from './tree'

/** chainsMost bounds the records whose last statement is remembered: some 200 bytes each. */
const chainsMost = 400_000

/** Told is how far a verification has come. */
export type Progress = (done: number, total: number) => void

/** verifyLog verifies a whole log: tile by tile, entry by entry, in order (node/audit, log.go). */
export async function verifyLog(a: Audit, progress: Progress) {
  const w = new Walk(a)
  await w.points.collect(w.attached.points())
  w.points.reach(0, () => w.tree.tree.root(), 0)
  const tiles = Math.ceil(a.claim.size / tileWidth)
  for (let i = 0; i < tiles; i++) {
    await w.tile(i)
    progress(Math.min(a.claim.size, (i + 1) * tileWidth), a.claim.size)
  }
  await w.conclude()
}

/** Walk is the way through a whole log. */
class Walk {
  readonly points: Points
  readonly attached: Attached
  readonly tree: TiledTree
  private readonly tally = new Tally()
  private readonly keys: Keybook | null
  private readonly chains = new Chains()
  private size = 0 // entries taken
  private last = 0 // ledger time of the last one that could be read, unix ms
  private time: number | null // ledger time so far; null behind an entry that could not be read
  private signed = 0 // signatures that hold

  constructor(private readonly a: Audit) {
    this.points = new Points(a)
    this.attached = new Attached(a)
    this.tree = new TiledTree(a)
    this.keys = a.genesis && new Keybook(a.genesis)
    this.time = a.genesis && a.genesis.createdAt * 1000
  }

  async tile(index: number) {
    const { rec, need, claim } = this.a
    const width = widthAt(entriesLevel, index, claim.size)
    const name = tilePath({ level: entriesLevel, index, width })
    const first = index * tileWidth
    await this.tree.prepare(index)
    const body = await need.read(name)
    const { entries, rest } = splitEntries(body ?? new Uint8Array(), tileWidth)
    if (!body) {
      const last = first + width - 1
      rec.add({ check: check.tree, result: 'FAIL', code: 'missing', entry: first, last, file: name, ...say('缺少第 {1} 至 {2} 条（{0}）。', '{0} is missing: the entries {1} to {2}.', name, first, last) })
    } else if (entries.length < width) {
      const at = first + entries.length
      rec.failAt(check.tree, 'entry_form', at, say('{1} 在第 {0} 条处断开: 该条及其后 {2} 条无法读取。', 'entry {0} cannot be cut out of {1}, nor the {2} after it.', at, name, width - entries.length - 1))
    } else if (entries.length > width || rest > 0) {
      rec.failFile(check.tree, 'surplus', name, say('{0} 在第 {1} 条之后还有内容。', '{0} goes on behind entry {1}.', name, first + width - 1))
    }
    for (let i = 0; i < width; i++) {
      if (i < entries.length) this.entry(readEntry(entries[i]))
      else this.missing()
    }
  }

  private missing() {
    this.tree.append(null)
    this.time = null
    this.size++
    this.reached()
  }

  private entry(e: Entry) {
    const { rec } = this.a
    const index = this.size++
    this.tree.append(e.hash)
    if (!e.leaf) {
      rec.failAt(check.tree, 'entry_form', index, say('第 {0} 条不具账本条目的格式。', 'entry {0} has not the form of an entry.', index))
      this.time = null
    } else if (e.leaf.seq !== index) {
      rec.failAt(check.tree, 'entry_place', index, say('第 {0} 位上的条目自称第 {1} 条: 次序被改动。', 'entry {0} calls itself number {1}: entries were moved.', index, e.leaf.seq))
      this.time = null
    } else {
      this.points.passed(index, e.leaf.ts)
      this.last = e.leaf.ts
      this.inTime(index, e.leaf.ts, e.leaf.proposedAt)
      this.signature(index, e)
    }
    this.attached.heldAgainst(index, e)
    this.tally.add(e)
    this.reached()
  }

  /** inTime: ledger time is the greater of the time before and the proposal's. */
  private inTime(index: number, ts: number, proposedAt: number) {
    if (this.time !== null && ts !== Math.max(this.time, proposedAt)) {
      this.a.rec.failAt(check.rules, 'envelope', index, say('第 {0} 条的序号或者账本时间不是规则得出的。', 'entry {0} has a number or ledger time that the rules do not give.', index))
    }
    this.time = ts
  }

  private signature(index: number, e: Entry) {
    const { rec } = this.a
    if (!e.st) {
      rec.failAt(check.signatures, 'statement', index, say('第 {0} 条中没有可读的声明: {1}。', 'entry {0} holds no statement that can be read: {1}.', index, e.fault))
      return
    }
    if (!this.keys) return
    const verdict = this.keys.judge(index, e.st)
    if (verdict === 'holds') {
      this.signed++
      if (!this.chains.follow(e.st)) {
        rec.failAt(check.tree, 'chain', index, say('{1}: 第 {0} 条之前的声明缺失。', '{1}: the statement before entry {0} is missing.', index, e.st.record))
      }
      return
    }
    const why = verdict === 'unknown' ? say('签名密钥未登记', 'the signing key was not registered') : say('签名无效，或者密钥在该条处无效', 'the signature does not verify, or the key was not valid there')
    rec.failAt(check.signatures, 'signature', index, {
      zh: `第 ${index} 条（${e.st.region} 的密钥 ${e.st.key}）: ${why.zh}。`,
      en: `entry ${index} (key ${e.st.key} of ${e.st.region}): ${why.en}.`,
    })
  }

  /** reached holds the tree against checkpoints of the size that it has now. */
  private reached() {
    if (!this.tree.broken && this.points.wants(this.size)) this.points.reach(this.size, () => this.tree.tree.root(), this.last)
  }

  /** conclude draws the conclusions when all entries were taken. */
  async conclude() {
    const { a } = this
    if (this.keys) {
      a.keybook = this.keys
      a.book.learn(this.keys.noteKeys())
    }
    await a.checkPolicyFile(true)
    const note = await a.read(names.checkpoint)
    if (note) a.openNote(note)
    this.points.settle()
    this.attached.settle()
    this.points.dropVoid()
    this.tree.conclude(this.points)
    this.points.checkHistory()
    this.concludeSignatures()
    await this.attached.conclude()
    this.points.checkTimes()
    this.leftToNode()
    const summary = { ...this.tally.summary(), forks: a.forks }
    a.rec.report.summary = summary
    a.rec.unsure(check.summary, 'summary', {
      zh: `${summary.entries} 条声明；分叉 ${a.forks.length} 处；事项与期限未能统计完整。`,
      en: `${summary.entries} statements; forks: ${a.forks.length}; records and deadlines could not be counted to the end.`,
    })
  }

  private concludeSignatures() {
    const { rec, claim } = this.a
    if (!this.keys) {
      rec.unsure(check.signatures, 'not_evaluated', say('没有可信的创世文件，无法核验签名。', 'without a genesis to trust no signature can be verified.'))
    } else if (rec.failed(check.signatures)) return
    else if (this.signed === claim.size) {
      rec.pass(check.signatures, 'signature', say('全部 {0} 条声明的签名有效，密钥在各条处均有效。', 'all {0} statements are signed by their regions, under keys that were valid at their index.', claim.size))
    } else rec.unsure(check.signatures, 'not_evaluated', say('仅核验了 {0} 条（共 {1} 条）的签名。', 'only {0} of {1} signatures could be verified.', this.signed, claim.size))
    if (this.chains.full) {
      rec.unsure(check.tree, 'chain', say('事项过多，浏览器未能逐一核对其声明是否前后相连，请用 sandi-audit verify 核验。', 'there are more records than a browser follows: whether their statements follow each other, sandi-audit verify can tell.'))
    }
  }

  /** leftToNode says what takes the rules of the network, which no browser has. */
  private leftToNode() {
    const { rec } = this.a
    rec.unsure(check.rules, 'not_evaluated', say('浏览器不能按规则复核各条及其状态摘要，请用 sandi-audit verify 核验。', 'a browser cannot apply the rules and state digests again: run sandi-audit verify on this file.'))
    rec.unsure(check.draws, 'not_evaluated', say('浏览器不能重算整本账中的抽取，请用 sandi-audit verify 核验。', 'a browser does not recompute the draws of a whole log: run sandi-audit verify on this file.'))
    rec.unsure(check.times, 'deadlines', say('浏览器不能计算期限，请用 sandi-audit verify 核验。', 'a browser cannot compute deadlines: run sandi-audit verify on this file.'))
  }
}

/** Chains follows every record's statements: each names the one before. Which number an opening got, only the rules tell. */
class Chains {
  private heads = new Map<string, string>()
  private opened = new Set<string>() // openings whose record nobody has acted on yet
  full = false

  follow(st: { kind: string; record: string; prev: string; hash: string }): boolean {
    if (this.full) return true
    if (st.kind === 'record.open') this.opened.add(st.hash)
    if (this.opened.size + this.heads.size > chainsMost) this.full = true
    if (st.kind !== 'record.act') return true
    const head = this.heads.get(st.record)
    const good = head === undefined ? this.opened.delete(st.prev) : st.prev === head
    this.heads.set(st.record, st.hash)
    return good
  }
}

interface Row {
  index: number
  path: string
  body: Bytes | null // null: not there, or of the wrong length
}

/** TiledTree grows the log's tree from its entries and holds the bundle's hash tiles against it. */
class TiledTree {
  readonly tree = new Tree()
  broken = false // an entry is missing and its hash is unknown: no root from there on
  private rows: (Row | undefined)[] = [] // the tile in use of each level

  constructor(private readonly a: Audit) {}

  /** prepare reads the hash tiles that the entries of an entry tile touch. */
  async prepare(tile: number) {
    for (let level = 0, index = tile; ; level++, index = Math.floor(index / tileWidth)) {
      const width = widthAt(level, index, this.a.claim.size)
      if (width === 0) return
      if (this.rows[level]?.index === index) continue
      const path = tilePath({ level, index, width })
      this.rows[level] = { index, path, body: await this.body(path, width) }
    }
  }

  private async body(path: string, width: number): Promise<Bytes | null> {
    const { rec } = this.a
    if (!this.a.need.has(path)) {
      rec.failFile(check.tree, 'missing', path, say('缺少哈希块 {0}。', 'the hash tile {0} is missing.', path))
      return null
    }
    const body = await this.a.read(path)
    if (body?.length === width * 32) return body
    if (body) rec.failFile(check.tree, 'tile', path, say('哈希块 {0} 的长度不对。', 'the hash tile {0} has the wrong length.', path))
    return null
  }

  private hash(level: number, index: number): Bytes | null {
    const body = this.rows[level]?.body
    const at = (index % tileWidth) * 32
    return body && at + 32 <= body.length ? body.subarray(at, at + 32) : null
  }

  /** append takes the leaf hash of the next entry; null when it is missing: the tile then speaks for it. */
  append(hash: Bytes | null) {
    const { rec } = this.a
    const index = this.tree.size
    const tiled = this.hash(0, index)
    const leaf = hash ?? tiled
    if (this.broken || !leaf) {
      this.broken = true
      return
    }
    if (tiled && !same(tiled, leaf)) {
      rec.failAt(check.tree, 'entry_hash', index, say('第 {0} 条与其哈希块不符: 条目或者哈希被改动。', 'entry {0} differs from its hash in the tile: the entry or the hash was changed.', index))
    }
    for (const s of this.tree.append(leaf)) {
      if (s.level === 0) continue
      const level = s.level / storedStep
      const there = this.hash(level, s.index)
      if (!there || same(there, s.hash)) continue
      const path = this.rows[level]?.path ?? ''
      const first = s.index * 2 ** s.level
      rec.failFile(check.tree, 'tile', path, say('第 {1} 至 {2} 条的哈希与 {0} 不符。', '{0} differs from the hash of the entries {1} to {2}.', path, first, first + 2 ** s.level - 1))
    }
  }

  /** conclude compares the root. */
  conclude(points: Points) {
    const { rec, claim, need } = this.a
    for (const name of need.names('tile', 'entries')) {
      const t = parseTilePath(name)
      if (t && widthAt(t.level, t.index, claim.size) === t.width) continue
      rec.failFile(check.tree, 'surplus', name, say('{0} 不属于大小为 {1} 的账本。', '{0} does not belong to a log of size {1}.', name, claim.size))
    }
    if (this.broken) {
      rec.fail(check.tree, 'root', say('条目缺失，无法得出检查点的根。', "entries are missing: the checkpoint's root cannot be reached."))
    } else if (!same(this.tree.root(), claim.root)) {
      const [good, bad] = points.bracket(claim.size)
      const last = Math.max(bad, 1) - 1
      const t = say(
        '全部 {0} 条得不出检查点的根: 第 {1} 条至第 {2} 条中有改动。',
        "the {0} entries do not give the checkpoint's root: something from entry {1} to entry {2} was changed.",
        claim.size,
        good,
        last,
      )
      rec.add({ check: check.tree, result: 'FAIL', code: 'root', entry: good, last, ...t })
    } else if (!rec.failed(check.tree)) {
      rec.pass(check.tree, 'root', say('全部 {0} 条按序得出检查点的根，无缺失、增添或者移动。', "all {0} entries, in order, give the checkpoint's root: none is missing, added or moved.", claim.size))
    }
  }
}
