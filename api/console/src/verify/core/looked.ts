import type { Audit } from './audit'
import { judge, newest, parseFile, tag, type AccessFile, type Shown, type Verdict, type Wrong } from './access'
import { same, utf8, type Bytes } from './bytes'
import { readEntry } from './entry'
import { cosignedBy, gradeOf, isFault, Keys, nodeKey, type Note } from './note'
import { gradeOfOpened, withoutLogKey } from './notebook'
import { parseReceipt, verifyReceipt } from './receipt'
import { check, say, type Text } from './report'
import { obj, parse } from './scanner'

/** maxLooked bounds a file that a browser takes apart; sandi-audit takes larger ones. */
export const maxLooked = 64 << 20

/** verifyLooked verifies a file of who looked under the auditor's keys (node/audit, looked.go). */
export function verifyLooked(a: Audit, data: Bytes) {
  const { rec } = a
  rec.report.kind = 'who-looked'
  const f = parseFile(data)
  if (!f) {
    rec.fail(check.tree, 'file', say('查看记录文件无法读取。', 'the file of who looked cannot be read.'))
    return
  }
  if (f.network !== a.keys.network) rec.fail(check.policy, 'genesis', say('查看记录属于另一个网络。', 'the file of who looked is of another network.'))
  logs(a, f)
  gaps(a, f)
  nodes(a, f)
  rec.report.limits.push(
    say('日志证明已写下的查看没有缺漏和改动；节点是否写下了每次查看，不能由文件证明。', 'the logs show that no look which was written down is missing or changed; that a node writes down each look they cannot show.'),
    say('账上是否另有文件未列的日志头、记录还涉及哪些材料，须凭整本账（--bundle）判定。', 'whether the ledger has heads that the file does not name, and which files the record names besides, takes the whole ledger (--bundle).'),
  )
}

const wrongWords: Record<Wrong, Text> = {
  held_back: { zh: '与所查事项有关的条目未出示', en: 'an entry about the matter is held back' },
  changed: { zh: '条目被改动', en: 'an entry was changed' },
  out_of_order: { zh: '条目次序不符', en: "an entry stands at another's place" },
  another_log: { zh: '不是账上所记日志头的日志', en: 'it is not the log whose head stands on the ledger' },
  unreadable: { zh: '无法读取', en: 'it cannot be read' },
}

/** logs judges every log of the file. */
function logs(a: Audit, f: AccessFile) {
  const { rec } = a
  const wanted = new Set([...(f.record ? [f.record] : []), ...f.subjects].map(tag))
  f.logs.forEach((s, i) => {
    const v = judge(s, wanted)
    if (f.logs.slice(0, i).some((o) => o.node === s.node && o.log === s.log)) {
      rec.fail(check.tree, 'access_log', say('{0} 的日志 {1} 在文件中出现两次。', 'log {1} of {0} stands in the file twice.', s.node, s.log))
      return
    }
    if (v.wrong) {
      const why = wrongWords[v.wrong]
      rec.fail(check.tree, 'access_log', {
        zh: `${s.node} 的日志 ${s.log} 不成立，见其第 ${v.entries} 条: ${why.zh}。`,
        en: `log ${s.log} of ${s.node} does not hold at its entry ${v.entries}: ${why.en}.`,
      })
      return
    }
    const anchored = stands(a, s)
    signed(a, s, v)
    covered(a, s, v, anchored)
    rec.report.looks = [...(rec.report.looks ?? []), ...v.found.map(({ index, entry }) => ({ region: s.region, node: s.node, log: s.log, index, anchored: index < anchored, entry }))]
  })
}

/** signed holds a log against the head that its node signed for it. */
function signed(a: Audit, s: Shown, v: Verdict) {
  const known = a.keys.keys.all(s.region, s.node, 'log')
  const origin = `${a.keys.policy.origin}/access/${s.region}/${s.node}/${s.log}`
  for (const k of known) {
    const head = Keys.of([nodeKey('log', origin, s.region, s.node, k.public)])?.open(utf8(s.note))
    if (head && !isFault(head) && head.origin === origin && head.size === v.entries && same(head.root, v.root)) return
  }
  if (known.length === 0) a.rec.unsure(check.policy, 'access_note', say('密钥文件中没有 {0}（{1}）的日志公钥。', 'the key file has no log key of {0} ({1}).', s.node, s.region))
  else a.rec.fail(check.policy, 'access_note', say('{0} 的日志 {1}: 节点签署的日志头与所示各条不符，或者签名无效。', 'log {1} of {0}: the head that the node signed is not of the entries shown, or its signature does not verify.', s.node, s.log))
}

/** stands is up to which entry the file proves that the ledger has a log's head. */
function stands(a: Audit, s: Shown): number {
  const { rec } = a
  const head = newest(s)
  if (!head || s.receipt === '') return 0
  const note = anchor(a, s)
  if (!note) {
    rec.fail(check.history, 'access_head', say('{0} 的日志 {1}: 日志头的回执不成立，不能证明账上有该日志头。', 'log {1} of {0}: the receipt of its head does not hold, so it proves nothing of the ledger.', s.node, s.log))
    return 0
  }
  const by = cosignedBy(note)
  const { policy } = a.keys
  if (gradeOf(policy, note) === 'final') {
    rec.pass(check.policy, 'cosigners', say('{0} 的日志头所在检查点（大小 {1}）由 {2} 共同签署，达到要求的 {3} 个地区。', 'the checkpoint that covers the head of {0}, of size {1}, is cosigned by {2}: {3} regions are demanded.', s.node, note.size, by.join(', '), policy.final))
  } else {
    rec.unsure(check.policy, 'cosigners', say('检查点只有 {0} 个地区签署（{1}），最终检查点需要 {2} 个。', 'the checkpoint is cosigned by {0} regions only ({1}); a final one takes {2}.', by.length, by.join(', '), policy.final))
  }
  return head.size
}

/** anchor verifies the receipt of the newest head's entry; its checkpoint, null when it does not hold. */
function anchor(a: Audit, s: Shown): Note | null {
  const head = newest(s)
  const r = parseReceipt(utf8(s.receipt))
  if (!head || typeof r === 'string' || r.network !== a.keys.network || !verifyReceipt(r, a.keys.keys, a.keys.policy).good) return null
  const o = a.book.open(r.checkpoint)
  const { st } = readEntry(r.leaf)
  if (!o.note || gradeOfOpened(o) === '' || withoutLogKey(o).length > 0 || !st || st.kind !== 'access.head' || st.region !== s.region || r.index !== head.index) return null
  const body = obj(parse(st.body, 2, 'statement'))
  return body.node === s.node && body.log === s.log && body.size === head.size && body.root === head.root ? o.note : null
}

/** covered says how much of a log is proven to be all there. */
function covered(a: Audit, s: Shown, v: Verdict, anchored: number) {
  const { rec } = a
  if (v.entries === 0) {
    rec.pass(check.tree, 'access_log', say('{0} 的日志 {1} 没有任何条目。', 'log {1} of {0} has no entry.', s.node, s.log))
  } else if (anchored === v.entries) {
    rec.pass(check.tree, 'access_log', say('{0} 的日志 {1}: 全部 {2} 条在账上所记的日志头之下，无一缺漏、改动或者移位；所查事项 {3} 条。',
      'log {1} of {0}: all {2} entries stand under a head on the ledger, none is missing, changed or moved; {3} are about the matter.', s.node, s.log, v.entries, v.found.length)) // prettier-ignore
  } else if (anchored > 0) {
    rec.unsure(check.tree, 'access_open', say('{0} 的日志 {1}: 前 {2} 条在账上所记的日志头之下，其后 {3} 条尚未入账，请稍后重新查询。',
      'log {1} of {0}: the first {2} entries stand under a head on the ledger, the {3} behind them do not yet: ask anew later.', s.node, s.log, anchored, v.entries - anchored)) // prettier-ignore
  } else {
    rec.unsure(check.tree, 'access_open', say('{0} 的日志 {1}: {2} 条前后相连，但文件不能证明其日志头在账上；请以 --bundle 提供整本账。',
      'log {1} of {0}: its {2} entries fit together, but the file does not prove that the ledger has a head of them: give the whole ledger with --bundle.', s.node, s.log, v.entries)) // prettier-ignore
  }
}

const gapWords: Record<string, Text> = {
  silent: { zh: '节点当时没有应答', en: 'the node did not answer' },
  not_party: { zh: '该节点认为询问的地区不是此记录的当事方', en: 'the node does not know the asking region as a party to the record' },
  removed: { zh: '节点已退出网络，其日志由所属局保存', en: 'the node has left the network; its bureau keeps the log' },
  not_shown: { zh: '节点无法出示，而账上有其日志头', en: 'the node cannot show it, though the ledger has heads of it' },
}

/** gaps tells which logs nobody has shown. */
function gaps(a: Audit, f: AccessFile) {
  for (const g of f.gaps) {
    const why = Object.prototype.hasOwnProperty.call(gapWords, g.why) ? gapWords[g.why] : { zh: '未说明原因', en: 'for no reason given' }
    a.rec.unsure(check.tree, 'access_gap', {
      zh: `${g.node} 的日志${g.log ? ` ${g.log} ` : ''}不在文件中: ${why.zh}。`,
      en: `the file lacks a log${g.log ? ` (${g.log})` : ''} of ${g.node}: ${why.en}.`,
    })
  }
}

/** nodes demands a log, or the word that there is none, of every node that the auditor knows. */
function nodes(a: Audit, f: AccessFile) {
  if (!f.record) return
  for (const k of a.keys.keys.list) {
    if (k.kind !== 'log' || !k.region) continue
    const there = f.logs.some((s) => s.node === k.node && s.region === k.region) || f.gaps.some((g) => g.node === k.node)
    if (!there) a.rec.unsure(check.tree, 'missing', say('文件中没有 {0}（{1}）的日志。', 'the file has no log of {0} ({1}).', k.node, k.region))
  }
}
