import { concat, same, sha256, to64url, utf8, type Bytes } from './bytes'
import type { Audit } from './audit'
import type { Entry } from './entry'
import { faultText } from './audit'
import { claimOf } from './note'
import { withoutLogKey } from './notebook'
import { pointOf, type Point } from './points'
import { parseReceipt, verifyReceipt, type Receipt } from './receipt'
import { check, say, type Text } from './report'

const saltSize = 32
const entriesMost = 4 // remembered of where a commitment stands

interface Opening {
  name: string
  entries: number[] // that name the commitment, the first few
}

interface HeldReceipt {
  number: number // from 1, as given
  receipt: Receipt
  point: Point
  seen: boolean // there is an entry at its index
  differs: boolean // which is another
}

/** Attached are the opened commitments of a bundle and the receipts to hold against it (check 7). */
export class Attached {
  private openings = new Map<string, Opening>()
  private receipts = new Map<number, HeldReceipt[]>()

  constructor(private readonly a: Audit) {
    for (const name of a.need.names('opening')) this.openings.set(name.slice('openings/'.length), { name, entries: [] })
    a.given.receipts.forEach((data, i) => this.collect(data, i + 1))
  }

  private collect(data: Bytes, number: number) {
    const r = parseReceipt(data)
    if (typeof r === 'string') {
      this.a.rec.fail(check.openings, 'receipt', say('第 {0} 份回执无法读取: {1}。', 'receipt {0} cannot be read: {1}.', number, r))
      return
    }
    const claim = claimOf(r.checkpoint)
    if (!claim) {
      this.notValid(number, r.index, faultText(null))
      return
    }
    const held = { number, receipt: r, point: pointOf(claim, r.checkpoint, 'receipt', say('第 {0} 份回执', 'receipt {0}', number).en), seen: false, differs: false }
    this.receipts.set(r.index, [...(this.receipts.get(r.index) ?? []), held])
  }

  private notValid(number: number, index: number, why: Text) {
    this.a.rec.failAt(check.openings, 'receipt', index, {
      zh: `第 ${number} 份回执（第 ${index} 条）无效: ${why.zh}`,
      en: `receipt ${number}, of entry ${index}, is not valid: ${why.en}`,
    })
  }

  private held = () => [...this.receipts.keys()].sort((x, y) => x - y).flatMap((index) => this.receipts.get(index) ?? [])

  /** points are the checkpoints that receipts stand on: the log must have passed through them too. */
  points = (): Point[] => this.held().map((h) => h.point)

  /** heldAgainst notes which commitments an entry names, and holds receipts of its index against it. */
  heldAgainst(index: number, e: Entry) {
    if (this.openings.size > 0 && e.st) this.named(index, e.st.body)
    for (const h of this.receipts.get(index) ?? []) {
      h.seen = true
      h.differs = !same(h.receipt.leaf, e.raw)
    }
  }

  /** named notes commitments that are whole strings of a body: one quoted in somebody's text was not committed by it. */
  private named(index: number, body: string) {
    for (const found of body.matchAll(/"(sc1\.[A-Za-z0-9_-]{43})"/g)) {
      const o = this.openings.get(found[1])
      if (o && o.entries.length < entriesMost) o.entries.push(index)
    }
  }

  /** settle verifies the receipts and drops those that are none. */
  settle() {
    for (const [index, list] of this.receipts) {
      this.receipts.set(
        index,
        list.filter((h) => {
          h.point.void = !this.good(index, h)
          return !h.point.void
        }),
      )
    }
  }

  private good(index: number, h: HeldReceipt): boolean {
    const { rec, book } = this.a
    const o = book.open(h.receipt.checkpoint)
    const v = verifyReceipt(h.receipt, o.keys, o.policy)
    if (!v.good) {
      const why = v.why === 'note' ? faultText(v.fault) : say('其各部分互相矛盾。', 'its parts contradict each other.')
      this.notValid(h.number, index, why)
      return false
    }
    const missing = withoutLogKey(o)
    if (missing.length > 0) {
      const t = say('第 {1} 份回执（第 {0} 条）的检查点缺少 {2} 的日志签名。', 'the checkpoint of receipt {1}, of entry {0}, lacks the log signature of {2}.', index, h.number, missing.join(', '))
      rec.failAt(check.openings, 'receipt', index, t)
      return false
    }
    h.point.note = o.note
    if (h.differs) {
      rec.failAt(check.openings, 'receipt', index, say('第 {0} 份回执与第 {1} 条不符: 回执或者账本不实。', 'receipt {0} is not of entry {1} as it stands here: one of the two is false.', h.number, index))
    }
    return true
  }

  /** conclude draws the conclusion of check 7. */
  async conclude() {
    const { rec } = this.a
    let good = 0
    for (const [commitment, o] of this.openings) {
      if (o.entries.length === 0) {
        rec.failFile(check.openings, 'opening', o.name, say('账上没有承诺 {0}。', 'no entry names the commitment {0}.', commitment))
        continue
      }
      const content = await this.a.read(o.name)
      if (content && content.length >= saltSize && commit(content.subarray(0, saltSize), content.subarray(saltSize)) === commitment) {
        good++
        continue
      }
      const entry = o.entries[0]
      const t = say('{1} 的内容与第 {0} 条的承诺不符。', 'the content of {1} is not what entry {0} commits to.', entry, o.name)
      rec.add({ check: check.openings, result: 'FAIL', code: 'opening', entry, file: o.name, ...t })
    }
    const held = this.held()
    for (const h of held.filter((x) => !x.seen)) {
      rec.unsure(check.openings, 'receipt', say('第 {0} 份回执的条目 {1} 不在本文件中。', 'receipt {0} is of entry {1}, which this file does not hold.', h.number, h.receipt.index))
    }
    const seen = held.filter((h) => h.seen).length
    if (rec.failed(check.openings)) return
    if (good === 0 && seen === 0) rec.pass(check.openings, 'opening', say('没有公开的承诺或者回执需要核对。', 'there is no opened commitment or receipt to compare.'))
    else rec.pass(check.openings, 'opening', say('已公开的承诺 {0} 项、回执 {1} 份与账本相符。', '{0} opened commitments and {1} receipts match the ledger.', good, seen))
  }
}

/** commit is the salted commitment to a content, as the ledger has it (storage/commitment). */
export function commit(salt: Bytes, content: Bytes): string {
  const size = new DataView(new ArrayBuffer(8))
  size.setUint32(0, Math.floor(content.length / 2 ** 32))
  size.setUint32(4, content.length % 2 ** 32)
  const all = concat(utf8('sandi.internal/commitment/v1\0'), salt, new Uint8Array(size.buffer), sha256(content))
  return 'sc1.' + to64url(sha256(all))
}
