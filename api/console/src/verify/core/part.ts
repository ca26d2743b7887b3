import { Attached } from './attached'
import type { Audit } from './audit'
import { maxEntries, names } from './bundle'
import { same, type Bytes } from './bytes'
import { readEntry, Tally, type Entry } from './entry'
import { Keybook } from './keybook'
import { partTimes, Points } from './points'
import { parseProof } from './proof'
import { parseReceipt, verifyReceipt } from './receipt'
import { check, say } from './report'
import { included } from './tree'

// Files that are no whole log: extracts, receipts and proofs (node/audit, extract.go and
// receipt.go).

interface Part extends Entry {
  index: number
}

/** verifyExtract verifies some entries with their proofs. */
export async function verifyExtract(a: Audit) {
  const { rec } = a
  rec.report.limits.push(
    say('摘录只证明其中的条目在账上，不证明没有遗漏。', 'an extract proves that its entries are in the ledger, not that none was left out.'),
    say('规则、状态摘要和期限须凭整本账复核。', 'rules, state digests and deadlines take the whole log.'),
    say('某密钥是否已被未列入摘录的条目吊销，摘录不能说明。', 'whether a key was revoked by an entry outside the extract cannot be seen.'),
  )
  const attached = new Attached(a)
  const tally = new Tally()
  await a.checkPolicyFile(false)
  const note = await a.read(names.checkpoint)
  if (note) a.openNote(note)
  const parts = await readParts(a, note ?? new Uint8Array())
  for (const p of parts) {
    attached.heldAgainst(p.index, p)
    tally.add(p)
  }
  attached.settle()
  complete(a, parts)
  await checkKept(a, attached)
  signatures(a, parts)
  rec.unsure(check.rules, 'not_evaluated', say('摘录不足以按规则复核。', 'the rules cannot be applied to an extract.'))
  draws(a, parts)
  await attached.conclude()
  partTimes(a, timesOf(parts))
  rec.unsure(check.times, 'deadlines', say('期限须凭整本账计算。', 'deadlines take the whole log.'))
  const summary = { ...tally.summary(), forks: a.forks }
  rec.report.summary = summary
  rec.unsure(check.summary, 'summary', {
    zh: `${summary.entries} 条声明；分叉 ${a.forks.length} 处；事项与期限未能统计完整。`,
    en: `${summary.entries} statements; forks: ${a.forks.length}; records and deadlines could not be counted to the end.`,
  })
}

const timesOf = (parts: Part[]) => parts.map((p) => ({ index: p.index, ts: p.leaf?.ts ?? 0 }))

async function readParts(a: Audit, note: Bytes): Promise<Part[]> {
  const { rec, need } = a
  const list: Part[] = []
  for (const name of need.names('entry')) {
    const index = Number(name.slice('entries/'.length))
    const p = { index, ...readEntry((await a.read(name)) ?? new Uint8Array()) }
    if (!(await inTree(a, p, note))) continue
    if (!p.leaf) rec.failAt(check.tree, 'entry_form', index, say('第 {0} 条不具账本条目的格式。', 'entry {0} has not the form of an entry.', index))
    else if (p.leaf.seq !== index) rec.failAt(check.tree, 'entry_place', index, say('第 {0} 位上的条目自称第 {1} 条。', 'entry {0} calls itself number {1}.', index, p.leaf.seq))
    else list.push(p)
  }
  for (const name of need.names('proof')) {
    const index = name.slice('proofs/'.length, -'.tlog-proof'.length)
    if (!need.has('entries/' + index)) rec.failFile(check.tree, 'missing', name, say('{0} 所证明的条目不在摘录中。', 'the entry that {0} is about is not in the extract.', name))
  }
  if (list.length > 0 && !rec.failed(check.tree)) {
    rec.pass(check.tree, 'inclusion', say('摘录的 {0} 条均在检查点的账上，位置无误。', "the {0} entries of the extract are in the checkpoint's tree, each at its index.", list.length))
  }
  return list.sort((x, y) => x.index - y.index)
}

/** inTree verifies an entry's proof against the bundle's one checkpoint. */
async function inTree(a: Audit, p: Part, note: Bytes): Promise<boolean> {
  const { rec, need, claim } = a
  const name = `proofs/${p.index}.tlog-proof`
  if (!need.has(name)) {
    rec.failAt(check.tree, 'missing', p.index, say('缺少第 {0} 条的证明。', 'the proof of entry {0} is missing.', p.index))
    return false
  }
  const file = await a.read(name)
  const proof = file && parseProof(file)
  if (!proof) rec.failAt(check.tree, 'inclusion', p.index, say('第 {0} 条的证明无法读取。', 'the proof of entry {0} cannot be read.', p.index))
  else if (proof.index !== p.index || !same(proof.checkpoint, note)) {
    rec.failAt(check.tree, 'inclusion', p.index, say('第 {0} 条的证明属于另一位置或者另一检查点。', 'the proof of entry {0} is about another index or checkpoint.', p.index))
  } else if (!included(p.hash, p.index, claim.size, proof.path, claim.root)) {
    rec.failAt(check.tree, 'inclusion', p.index, say('第 {0} 条不在检查点的账上: 条目或者证明被改动。', "entry {0} is not in the checkpoint's tree: the entry or its proof was changed.", p.index))
  } else return true
  return false
}

/** complete looks for what must be there, and says that more may be missing. */
function complete(a: Audit, parts: Part[]) {
  const { rec, claim } = a
  const m = a.need.manifest
  const there = new Set(parts.map((p) => p.index))
  if (m.to > claim.size || m.to - m.from > maxEntries || m.from > m.to) {
    rec.failFile(check.tree, 'manifest', names.manifest, say('清单所称范围超出账本。', 'the manifest names a range outside the log.'))
  } else {
    for (let n = m.from; n < m.to; n++) {
      if (there.has(n)) continue
      rec.failAt(check.tree, 'complete', n, say('摘录应含第 {0} 至 {1} 条，缺第 {2} 条。', 'the extract is of the entries {0} to {1} and lacks entry {2}.', m.from, m.to - 1, n))
    }
  }
  for (const id of m.records) chain(a, id, parts)
  rec.unsure(check.tree, 'complete', say('这是摘录，是否有遗漏不能判定；需要整本账。', 'this is an extract: whether anything was left out cannot be decided without the whole log.'))
}

/** chain follows a record's statements from its opening: each names the one before. */
function chain(a: Audit, id: string, parts: Part[]) {
  const { rec } = a
  const opened = new Set<string>() // hashes of openings that may be this record's
  let head = ''
  let count = 0
  for (const { st, index } of parts) {
    if (!st) continue
    if (st.kind === 'record.open') opened.add(st.hash)
    else if (st.record === id) {
      if (count === 0 ? !opened.has(st.prev) : st.prev !== head) {
        rec.failAt(check.tree, 'chain', index, say('{1}: 第 {0} 条之前的声明缺失。', '{1}: the statement before entry {0} is missing.', index, id))
      }
      head = st.hash
      count++
    } else opened.delete(st.prev) // another record began with it
  }
  if (count === 0 && opened.size === 0) rec.fail(check.tree, 'chain', say('摘录中没有 {0} 的声明。', 'the extract holds no statement of {0}.', id))
  else if (count === 0) {
    rec.unsure(check.tree, 'chain', say('摘录中只有立项声明，其编号 {0} 须凭整本账得出。', 'the extract holds openings only: that one of them got the number {0} takes the whole log.', id))
  } else if (!rec.failed(check.tree)) {
    const t = say(
      '{0} 的 {1} 条声明自立项起前后相连；其后是否还有，摘录不能说明。',
      'the {1} statements of {0} follow each other from its opening; whether more came later an extract cannot show.',
      id,
      count + 1,
    )
    rec.pass(check.tree, 'chain', t)
  }
}

/** checkKept holds the auditor's own checkpoints against the one of a file that has no tree. */
async function checkKept(a: Audit, attached: Attached | null) {
  const { rec, claim } = a
  const points = new Points(a)
  const kept = points.previous()
  for (const x of kept) {
    x.note = a.book.open(x.raw).note
    if (x.size === claim.size && !same(x.root, claim.root)) points.contradicted(x)
    else if (x.size === claim.size) rec.pass(check.history, 'previous', say('检查点与您留存的相同。', 'the checkpoint is the one that you kept.'))
    else if (x.size > claim.size) points.newer(x)
    else rec.unsure(check.history, 'previous', say('与您留存的检查点（大小 {0}）是否一致，须凭整本账判定。', 'whether the checkpoint that you kept (size {0}) is consistent with this one takes the whole log.', x.size))
  }
  if (a.bundle) {
    const list = await points.evidence()
    points.settleEvidence()
    for (const x of list.filter((p) => !p.void)) rec.unsure(check.summary, 'fork', say('{0} 须凭整本账判定。', '{0} takes the whole log to decide.', x.name))
  }
  for (const x of attached?.points() ?? []) {
    if (x.void) continue
    if (x.size === claim.size && !same(x.root, claim.root)) points.contradicted(x)
    else if (x.size > claim.size) points.newer(x)
  }
  if (kept.length === 0 && !rec.failed(check.history)) rec.pass(check.history, 'earlier', say('没有更早的检查点可供比对。', 'there is no older checkpoint to compare with.'))
}

/** signatures verifies the statements under the keys that the extract tells of. */
function signatures(a: Audit, parts: Part[]) {
  const { rec } = a
  if (!a.genesis) {
    rec.unsure(check.signatures, 'not_evaluated', say('没有可信的创世文件，无法核验签名。', 'without a genesis to trust no signature can be verified.'))
    return
  }
  const book = new Keybook(a.genesis)
  for (const { st, fault, index } of parts) {
    if (!st) {
      rec.failAt(check.signatures, 'statement', index, say('第 {0} 条中没有可读的声明: {1}。', 'entry {0} holds no statement that can be read: {1}.', index, fault))
      continue
    }
    const verdict = book.judge(index, st)
    if (verdict === 'bad') {
      const t = say('第 {0} 条（{1} 的密钥 {2}）: 签名无效，或者密钥在该条处无效。', 'entry {0} (key {2} of {1}): the signature does not verify, or the key was not valid there.', index, st.region, st.key)
      rec.failAt(check.signatures, 'signature', index, t)
    } else if (verdict === 'unknown') {
      const t = say('第 {0} 条（{1} 的密钥 {2}）: 摘录中没有登记该密钥的条目。', 'entry {0} (key {2} of {1}): the extract lacks the entry that registered the key.', index, st.region, st.key)
      rec.failAt(check.signatures, 'signature', index, t)
    }
  }
  if (rec.failed(check.signatures)) return
  const t = say('{0} 条声明的签名有效，所用密钥来自创世文件或者摘录中的登记。', 'the {0} statements are signed by their regions, under keys of genesis or registered in the extract.', parts.length)
  rec.pass(check.signatures, 'signature', t)
}

/** draws: what a draw was made from stands in several entries, of which some may be missing. */
function draws(a: Audit, parts: Part[]) {
  const ids = [...new Set(parts.filter((p) => p.st?.body.includes('"ranking_hash"')).map((p) => p.st?.record ?? ''))].sort()
  if (ids.length === 0 && a.need.names('draw').length === 0) {
    a.rec.pass(check.draws, 'draws', say('摘录中没有抽取结果。', 'the extract holds no outcome of a draw.'))
    return
  }
  const some = ids.slice(0, 5).join(', ') + (ids.length > 5 ? ' …' : '')
  a.rec.unsure(check.draws, 'draws', say('抽取须凭整本账重算: {0}。', 'draws take the whole log to recompute: {0}.', some))
}

/** verifySingleReceipt verifies a receipt by itself. */
export async function verifySingleReceipt(a: Audit, data: Bytes) {
  const { rec } = a
  rec.report.kind = 'receipt'
  const r = parseReceipt(data)
  if (typeof r === 'string') {
    rec.fail(check.openings, 'receipt', say('回执无法读取: {0}。', 'the receipt cannot be read: {0}.', r))
    return
  }
  if (a.given.genesis) a.acceptGenesis(a.given.genesis)
  a.openNote(r.checkpoint)
  if (r.network !== a.keys.network) rec.fail(check.policy, 'genesis', say('回执属于另一个网络。', 'the receipt is of another network.'))
  const o = a.book.open(r.checkpoint)
  const v = verifyReceipt(r, o.keys, o.policy)
  const i = r.index
  if (v.good) {
    rec.pass(check.tree, 'inclusion', say('该声明是账上第 {0} 条，在检查点（大小 {1}）之内。', 'the statement is entry {0} of the ledger, in the tree of the checkpoint of size {1}.', i, r.size))
    rec.pass(check.openings, 'receipt', say('回执各部分互相一致。', 'the parts of the receipt agree with each other.'))
  } else if (v.why === 'inclusion') {
    rec.failAt(check.tree, 'inclusion', i, say('第 {0} 条不在检查点的账上: 回执不实。', "entry {0} is not in the checkpoint's tree: the receipt is false.", i))
  } else if (v.why === 'grade') {
    rec.failAt(check.openings, 'receipt', i, say('回执自称 {0}，实为 {1}。', 'the receipt claims to be {0} and is {1}.', r.grade, v.grade))
  } else if (v.why === 'parts') {
    rec.failAt(check.openings, 'receipt', i, say('回执各部分互相矛盾。', 'the parts of the receipt contradict each other.'))
  } else if (!rec.failed(check.policy)) {
    rec.failAt(check.openings, 'receipt', i, say('回执无效。', 'the receipt is not valid.'))
  }
  await single(a, { index: i, ...readEntry(r.leaf) })
}

/** verifyProof verifies a .tlog-proof, with its entry if that was given. */
export async function verifyProof(a: Audit, data: Bytes) {
  const { rec, given } = a
  rec.report.kind = 'proof'
  const p = parseProof(data)
  if (!p) {
    rec.fail(check.tree, 'inclusion', say('证明无法读取。', 'the proof cannot be read.'))
    return
  }
  if (given.genesis) a.acceptGenesis(given.genesis)
  a.openNote(p.checkpoint)
  if (!given.entry) {
    rec.unsure(check.tree, 'inclusion', say('证明本身不含第 {0} 条，请一并提供该条。', 'the proof does not hold entry {0}: give the entry as well.', p.index))
    await checkKept(a, null)
    return
  }
  const e = { index: p.index, ...readEntry(given.entry) }
  if (!included(e.hash, p.index, a.claim.size, p.path, a.claim.root)) {
    rec.failAt(check.tree, 'inclusion', p.index, say('所给条目不是检查点账上的第 {0} 条。', "the entry that was given is not entry {0} of the checkpoint's tree.", p.index))
  } else if (e.leaf?.seq !== p.index) {
    rec.failAt(check.tree, 'entry_place', p.index, say('第 {0} 条不具账本条目的格式或者位置不符。', 'entry {0} has not the form or the number of an entry.', p.index))
  } else if (e.st && e.st.network !== a.keys.network) {
    rec.failAt(check.signatures, 'signature', p.index, say('第 {0} 条的声明属于另一个网络。', 'the statement of entry {0} belongs to another network.', p.index))
  } else {
    rec.pass(check.tree, 'inclusion', say('该条是账上第 {0} 条，在检查点（大小 {1}）之内。', 'this is entry {0} of the ledger, in the tree of the checkpoint of size {1}.', p.index, a.claim.size))
    await single(a, e)
  }
}

/** single checks what one entry shows by itself. */
async function single(a: Audit, p: Part) {
  const { rec } = a
  rec.report.limits.push(say('回执只证明一条声明在账上；以前、以后及其他条目须凭审计包核验。', 'a receipt proves that one statement is in the ledger; all others take a bundle.'))
  await checkKept(a, null)
  if (!p.leaf) return // the receipt was found wrong before
  partTimes(a, timesOf([p]))
  if (!a.given.genesis) {
    rec.report.limits.push(
      say(
        '未核验作出局本身的签名: 需要创世文件（genesis.json）。签署检查点的各地区节点均已核验。',
        'the signature of the acting bureau was not verified here: that takes the genesis (genesis.json). The nodes of every region that cosigned have verified it.',
      ),
    )
    return
  }
  ownSignature(a, p)
}

/** ownSignature verifies one statement under the keys of genesis. */
function ownSignature(a: Audit, { index, st, fault }: Part) {
  const { rec } = a
  if (!a.genesis) {
    rec.unsure(check.signatures, 'not_evaluated', say('没有可信的创世文件，无法核验签名。', 'without a genesis to trust no signature can be verified.'))
    return
  }
  if (!st) {
    rec.failAt(check.signatures, 'statement', index, say('第 {0} 条中没有可读的声明: {1}。', 'entry {0} holds no statement that can be read: {1}.', index, fault))
    return
  }
  switch (new Keybook(a.genesis).judge(index, st)) {
    case 'holds':
      rec.pass(check.signatures, 'signature', say('声明由 {0} 以创世文件所载密钥 {1} 签署。', 'the statement is signed by {0} under the key {1} of genesis.', st.region, st.key))
      rec.report.limits.push(say('该密钥在此之前是否已被吊销，须凭审计包判定。', 'whether that key had been revoked before takes a bundle.'))
      return
    case 'bad':
      rec.failAt(check.signatures, 'signature', index, say('第 {0} 条的签名无效。', 'the signature of entry {0} does not verify.', index))
      return
    default:
      rec.unsure(check.signatures, 'signature', say('签名密钥 {0}/{1} 不在创世文件中，系后来登记，须凭审计包核验。', 'the key {0}/{1} is not of genesis but was registered later: that takes a bundle.', st.region, st.key))
  }
}
