import { same, text, type Bytes } from './bytes'
import type { Audit } from './audit'
import { faultText } from './audit'
import { names } from './bundle'
import { clock } from './forms'
import { claimOf, cosignedBy, firstStamp, signers, type Checkpoint, type Note } from './note'
import { gradeOfOpened, withoutLogKey } from './notebook'
import { check, say } from './report'
import { BadJson, list, parse, str } from './scanner'

type Origin = 'bundle' | 'auditor' | 'evidence' | 'receipt' | 'self'

/** Point is a checkpoint from elsewhere that this log must have passed through (node/audit, points.go). */
export interface Point extends Checkpoint {
  raw: Bytes
  note: Note | null // null before it was opened, and when no key that counts signed it
  from: Origin
  name: string // file in the bundle, or how people call it
  void: boolean // it was found to be nothing to hold the log against
  reached: boolean // the tree has had this size
  agrees: boolean // and this root
  last: number // ledger time of the last entry that it covers, unix ms; 0 for none
  next: number // of the first entry behind it; 0 for none
}

export const pointOf = (c: Checkpoint, raw: Bytes, from: Origin, name: string): Point => ({
  ...c, raw, note: null, from, name, void: false, reached: false, agrees: false, last: 0, next: 0,
}) // prettier-ignore

/** slack is how far ledger time and a cosignature may contradict each other, ms. */
const slack = 120_000

/** Points are all checkpoints to hold a log against, ascending by size. */
export class Points {
  private list: Point[] = []
  private at = 0 // those before it have been reached
  private pairs: [Point, Point][] = []

  constructor(private readonly a: Audit) {}

  /** collect gathers the points by what they claim; whose signatures count is known when the log was read. */
  async collect(more: Point[]) {
    const self = pointOf(this.a.claim, new Uint8Array(), 'self', names.checkpoint)
    this.list = [self, ...(await this.earlier()), ...this.previous(), ...(await this.evidence()), ...more].sort((x, y) => x.size - y.size)
  }

  wants = (size: number) => this.at < this.list.length && this.list[this.at].size === size

  /** reach holds the tree of a size against the points there. */
  reach(size: number, root: () => Bytes, last: number) {
    for (; this.wants(size); this.at++) {
      const x = this.list[this.at]
      x.reached = true
      x.agrees = same(x.root, root())
      x.last = last
    }
  }

  /** passed notes the ledger time of the entry at index, the first behind the points of that size. */
  passed(index: number, ts: number) {
    for (let i = this.at - 1; i >= 0 && this.list[i].size === index; i--) this.list[i].next = ts
  }

  private async earlier(): Promise<Point[]> {
    const out: Point[] = []
    for (const name of this.a.need.names('earlier')) {
      const raw = await this.a.read(name)
      const claim = raw && claimOf(raw)
      if (raw && claim) out.push(pointOf(claim, raw, 'bundle', name))
      else this.bad(name, faultText(null))
    }
    return out
  }

  private bad(name: string, why: { zh: string; en: string }) {
    this.a.rec.failFile(check.history, 'earlier', name, { zh: `${name}: ${why.zh}`, en: `${name}: ${why.en}` })
  }

  /** previous are the auditor's own checkpoints. They count whether or not the keys of today verify them. */
  previous(): Point[] {
    const out: Point[] = []
    this.a.given.previous.forEach((raw, i) => {
      const claim = claimOf(raw)
      if (!claim) this.a.rec.fail(check.history, 'previous', say('您留存的检查点（第 {0} 份）无法读取。', 'the checkpoint that you kept (number {0}) cannot be read.', i + 1))
      else if (claim.origin !== this.a.claim.origin) {
        this.a.rec.fail(check.history, 'previous', say('您留存的检查点属于账本 {0}，本文件属于 {1}。', 'the checkpoint that you kept is of the log {0}, this file is of {1}.', claim.origin, this.a.claim.origin))
      } else out.push(pointOf(claim, raw, 'auditor', `--previous ${i + 1}`))
    })
    return out
  }

  /** evidence reads the forks that nodes have seen. */
  async evidence(): Promise<Point[]> {
    const out: Point[] = []
    for (const name of this.a.need.names('evidence')) {
      if (name.startsWith('evidence/delay-')) {
        this.a.rec.unsure(check.summary, 'delay', say('{0} 涉及提交承诺，是否兑现请用 sandi-audit verify 判定。', '{0} is about a submission promise: whether it was kept, sandi-audit verify can tell.', name))
        continue
      }
      const pair = notesOf((await this.a.read(name)) ?? new Uint8Array())
      if (!pair) {
        this.a.rec.unsure(check.summary, 'fork', say('{0} 不是可读的分叉证据。', '{0} is no evidence that can be read.', name))
        continue
      }
      const points = pair.map((raw) => {
        const claim = claimOf(raw)
        return claim && claim.origin === this.a.claim.origin ? pointOf(claim, raw, 'evidence', name) : null
      })
      if (!points[0] || !points[1]) {
        this.unsigned(name)
        continue
      }
      this.pairs.push([points[0], points[1]])
      out.push(points[0], points[1])
    }
    return out
  }

  private unsigned(name: string) {
    this.a.rec.unsure(check.summary, 'fork', say('{0} 中的签名不能以密钥文件核验，不能作为证据。', "the notes in {0} are not signed under the key file's keys: they prove nothing.", name))
  }

  /** settle opens the notes of the points, and drops those that are none. */
  settle() {
    for (const x of this.list) {
      if (x.from === 'self') x.note = this.a.note
      else if (x.from === 'bundle') this.settleEarlier(x)
      else if (x.from === 'auditor') x.note = this.a.book.open(x.raw).note
    }
    this.settleEvidence()
    this.list = this.list.filter((x) => !x.void)
  }

  /** dropVoid leaves out what was found to be nothing since. */
  dropVoid() {
    this.list = this.list.filter((x) => !x.void)
  }

  /** settleEarlier judges an older note of the bundle. It was kept because it was final: one that is not has been changed. */
  private settleEarlier(x: Point) {
    x.void = true
    const o = this.a.book.open(x.raw)
    this.a.revoked(check.history, x.name, o)
    if (!o.note) {
      this.bad(x.name, faultText(o.fault))
      return
    }
    if (x.name !== `checkpoints/${x.size}` || x.size >= this.a.claim.size) {
      this.a.rec.failFile(check.history, 'earlier', x.name, say('{0} 中的检查点大小为 {1}，不在其位。', '{0} holds a checkpoint of size {1}, which does not belong there.', x.name, x.size))
      return
    }
    const missing = withoutLogKey(o)
    if ((gradeOfOpened(o) !== 'final' && !this.a.keybook?.nodesChanged) || missing.length > 0) {
      const n = cosignedBy(o.note).length - missing.length
      this.a.rec.failFile(check.history, 'earlier', x.name, say('{0} 只有 {1} 个地区完整签署，不是最终检查点。', '{0} is signed completely by {1} regions only and not final.', x.name, n))
      return
    }
    x.void = false
    x.note = o.note
  }

  /** settleEvidence judges the forks. Two notes of one size prove themselves. */
  settleEvidence() {
    for (const [x, y] of this.pairs) {
      for (const p of [x, y]) p.note = this.a.book.open(p.raw).note
      if (!x.note || !y.note) {
        x.void = y.void = true
        this.unsigned(x.name)
      } else if (x.size === y.size && !same(x.root, y.root)) {
        x.void = y.void = true
        this.forked(x, y.note)
      }
    }
  }

  private forked(x: Point, other: Note | null) {
    const by: [string[], string[]] = [signers(x.note), signers(other)]
    this.a.forks.push({ size: x.size, signers: by, file: x.name })
    const t = say('分叉证据成立: 大小 {0} 处有两个不同的根，分别由 {1} 和 {2} 签署。', 'a fork is proved: two roots at size {0}, one signed by {1}, the other by {2}.', x.size, by[0].join(', '), by[1].join(', '))
    this.a.rec.failFile(check.history, 'fork', x.name, t)
  }

  /** checkHistory draws the conclusions of check 3 once the log was read. */
  checkHistory() {
    const { rec, claim } = this.a
    const agreed = { auditor: 0, bundle: 0 }
    for (const x of this.list.filter((p) => p.from !== 'self')) {
      if (x.size > claim.size) this.newer(x)
      else if (!x.reached) {
        rec.unsure(check.history, 'not_evaluated', say('因条目缺失，无法核对大小 {1} 的检查点（{0}）。', 'entries are missing: {0}, of size {1}, cannot be compared.', x.name, x.size))
      } else if (!x.agrees) this.contradicted(x)
      else if (x.from === 'auditor' || x.from === 'bundle') agreed[x.from]++
    }
    if (rec.report.findings.some((f) => f.check === check.history && f.result !== 'PASS')) return
    if (agreed.auditor > 0) {
      rec.pass(check.history, 'previous', say('本账包含您留存的检查点及另外 {0} 个以前的检查点，前后一致。', 'this log contains the checkpoint that you kept and {0} older ones: nothing below them was changed.', agreed.bundle))
    } else if (agreed.bundle > 0) {
      const t = say('以前的 {0} 个检查点均与本账一致；未提供您自己留存的检查点（--previous）。', 'the {0} older checkpoints are consistent with this log; none that you kept was given (--previous).', agreed.bundle)
      rec.pass(check.history, 'earlier', t)
    } else {
      rec.pass(check.history, 'earlier', say('没有更早的检查点可供比对。请留存本文件，下次以 --previous 提供。', 'there is no older checkpoint to compare with. Keep this file and give it next time as --previous.'))
    }
  }

  /** contradicted reports a checkpoint that this log never had. */
  contradicted(x: Point) {
    const { rec } = this.a
    const by = signers(x.note).join(', ') || '?'
    if (x.from === 'auditor') {
      const t = say(
        '与您留存的检查点矛盾: 大小 {0} 时的根不同，该检查点由 {1} 签署。账本已被改写或分叉。',
        'this log contradicts the checkpoint that you kept: at size {0} it has another root than the one signed by {1}. The log was rewritten or forked.',
        x.size,
        by,
      )
      rec.fail(check.history, 'previous', t)
    } else if (x.from === 'evidence') this.forked(x, this.a.note)
    else if (x.from === 'receipt') {
      const t = say('回执（{0}）与本账矛盾: 大小 {1} 时的根不同，其检查点由 {2} 签署。', 'the receipt {0} contradicts this log: at size {1} it has another root than the one signed by {2}.', x.name, x.size, by)
      rec.fail(check.history, 'receipt', t)
    } else rec.failFile(check.history, 'earlier', x.name, say('{0} 与本账矛盾: 大小 {1} 时的根不同。', '{0} contradicts this log: at size {1} it has another root.', x.name, x.size))
  }

  /** newer reports a checkpoint that covers more than this file. Signed before this file's, it shows that the log was cut back. */
  newer(x: Point) {
    const { rec, claim, note } = this.a
    const by = cutBack(x.note, note)
    if (by) {
      const t = say(
        '{0} 先签署了大小为 {1} 的检查点（{3}），后又签署了更短的本账（大小 {2}）: 账本被截短。',
        '{0} signed a checkpoint of size {1} and later this shorter log of size {2} ({3}): the log was cut back.',
        by,
        x.size,
        claim.size,
        x.name,
      )
      rec.fail(check.history, 'previous', t)
      return
    }
    const t = say(
      '检查点（{0}）的大小 {1} 超过本文件的 {2}: 请索取更新的审计包，再与之比对。',
      "the checkpoint {0} has size {1}, more than this file's {2}: ask for a newer bundle and compare again.",
      x.name,
      x.size,
      claim.size,
    )
    if (x.from === 'receipt') rec.unsure(check.openings, 'receipt', t)
    else rec.unsure(check.history, 'previous', t)
  }

  /** bracket is where the tree went wrong: the greatest size that agreed with a signed checkpoint, and the smallest above that did not. */
  bracket(size: number): [number, number] {
    const seen = this.list.filter((x) => x.reached && x.note)
    const good = seen.filter((x) => x.agrees).reduce((most, x) => Math.max(most, x.size), 0)
    const bad = seen.filter((x) => !x.agrees && x.size > good).reduce((least, x) => Math.min(least, x.size), size)
    return [good, bad]
  }

  /** checkTimes holds ledger times between the cosignatures around them. */
  checkTimes() {
    const { rec } = this.a
    let checked = 0
    for (const x of this.list) {
      const early = x.note && x.agrees ? firstStamp(x.note) * 1000 : 0
      if (early === 0) continue
      checked++
      if (x.last > early + slack) lateEntry(this.a, x.size - 1, x.last, early)
      if (x.next !== 0 && x.next + slack < early) {
        const t = say('第 {0} 条的账本时间 {1} 早于其前检查点的签署时间 {2}。', 'entry {0} has the ledger time {1}, before the cosignature of {2} that it follows.', x.size, clock(x.next), clock(early))
        rec.failAt(check.times, 'times', x.size, t)
      }
    }
    if (rec.failed(check.times)) return
    if (checked === 0) {
      rec.unsure(check.times, 'times', say('没有可用的签署时间，无法核对账本时间。', 'there is no cosignature to hold ledger times against.'))
      return
    }
    const practice = rec.report.clock === 'practice'
    rec.pass(check.times, 'times', {
      zh: `账本时间均在前后签署时间之间（检查点 ${checked} 个，${practice ? '演练网络的情景时钟' : '真实时钟'}）。`,
      en: `ledger times lie between the cosignatures around them (${checked} checkpoints, ${practice ? 'scenario clock of a practice network' : 'real clock'}).`,
    })
  }
}

function lateEntry(a: Audit, index: number, ts: number, early: number) {
  const t = say('第 {0} 条的账本时间 {1} 晚于覆盖它的签署时间 {2}。', 'entry {0} has the ledger time {1}, after the cosignature of {2} that covers it.', index, clock(ts), clock(early))
  a.rec.failAt(check.times, 'times', index, t)
}

/** partTimes: nothing that a checkpoint covers happened after it was signed. */
export function partTimes(a: Audit, parts: { index: number; ts: number }[]) {
  const early = a.note ? firstStamp(a.note) * 1000 : 0
  if (early === 0) return
  for (const p of parts) if (p.ts > early + slack) lateEntry(a, p.index, p.ts, early)
  if (!a.rec.failed(check.times)) a.rec.pass(check.times, 'times', say('账本时间均不晚于覆盖它们的签署时间。', 'no ledger time is later than the cosignatures that cover it.'))
}

function notesOf(data: Bytes): [Bytes, Bytes] | null {
  try {
    const s = text(data)
    const notes = s === null ? [] : list(parse(s, 3).notes).map((n) => new TextEncoder().encode(str(n)))
    return notes.length === 2 ? [notes[0], notes[1]] : null
  } catch (err) {
    if (err instanceof BadJson) return null
    throw err
  }
}

/** cutBack names the regions whose cosigner signed the longer log first. */
function cutBack(longer: Note | null, shorter: Note | null): string {
  const by = (shorter?.signatures ?? []).filter(
    (s) => s.key.kind === 'cosigner' && longer?.signatures.some((before) => before.key.kind === 'cosigner' && same(before.key.public, s.key.public) && before.at < s.at),
  )
  return by.map((s) => s.key.region).join(', ')
}
