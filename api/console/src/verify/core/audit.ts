import { from64, hex, same, sha256, text, to64, type Bytes } from './bytes'
import { mostEntries, names, type Bundle } from './bundle'
import { genesisNoteKeys, genesisPolicy, groups, parseGenesis, policyFile, type Genesis } from './genesis'
import type { Keybook } from './keybook'
import type { KeyFile } from './keyfile'
import { claimOf, cosignedBy, Keys, vkey, type Checkpoint, type Note, type NoteFault, type NoteKind } from './note'
import { gradeOfOpened, Notebook, withoutLogKey, type Opened } from './notebook'
import { check, Recorder, say, type Fork, type Text } from './report'

/** Given is what an auditor brings besides the file itself. */
export interface Given {
  previous: Bytes[] // signed notes that the auditor kept
  receipts: Bytes[] // to hold against a bundle
  genesis: Bytes | null // for receipts; a bundle has its own
  entry: Bytes | null // of a .tlog-proof, which does not hold it
}

const keyNames: Record<NoteKind, string> = { log: '日志', cosigner: '共签' }

/** Audit is one verification: what all kinds of files have in common (node/audit, front.go). */
export class Audit {
  readonly rec: Recorder
  readonly book: Notebook
  bundle: Bundle | null = null
  genesis: Genesis | null = null // only when its fingerprint is the key file's
  keybook: Keybook | null = null // of a whole log that was read to its end
  note: Note | null = null
  claim: Checkpoint = { origin: '', size: 0, root: new Uint8Array(32) } // what the file says of its tree, believed or not
  forks: Fork[] = []

  constructor(
    readonly keys: KeyFile,
    readonly given: Given,
  ) {
    this.rec = new Recorder(keys.network)
    this.book = new Notebook(keys, () => (this.genesis ? genesisPolicy(this.genesis) : keys.policy))
  }

  /** need is the bundle of whoever works on one. */
  get need(): Bundle {
    if (!this.bundle) throw new Error('no bundle')
    return this.bundle
  }

  /** checkFiles holds the files against the manifest. Of tiles the tree decides every byte. */
  async checkFiles() {
    const b = this.need
    const { rec } = this
    const before = rec.report.findings.length
    const sums = new Map(b.manifest.files.map((f) => [f.name, f.sum]))
    for (const name of b.names()) {
      if (name === names.manifest) continue
      if (!sums.has(name)) {
        rec.failFile(check.tree, 'manifest', name, say('清单未列出文件 {0}。', 'the manifest does not list {0}.', name))
        continue
      }
      if (name.startsWith('tile/')) continue
      const content = await b.read(name)
      if (!content || hex(sha256(content)) !== sums.get(name)) {
        rec.failFile(check.tree, 'digest', name, say('文件 {0} 与清单中的摘要不符。', '{0} differs from its digest in the manifest.', name))
      }
    }
    for (const name of sums.keys()) {
      if (!b.has(name)) rec.failFile(check.tree, 'missing', name, say('清单列出的文件 {0} 不在包中。', '{0} is in the manifest, but not in the bundle.', name))
    }
    for (const name of [names.readme, names.policy, names.checkpoint, names.genesis]) {
      if (!b.has(name)) rec.failFile(check.tree, 'missing', name, say('包中缺少 {0}。', 'the bundle lacks {0}.', name))
    }
    for (const name of b.manifest.kind === 'extract' ? b.names('tile', 'entries', 'earlier') : b.names('entry', 'proof')) {
      rec.failFile(check.tree, 'surplus', name, say('文件 {0} 不属于此类审计包。', '{0} does not belong into a bundle of this kind.', name))
    }
    if (rec.report.findings.length === before) rec.pass(check.tree, 'manifest', say('文件与清单相符（共 {0} 个）。', 'the files are those of the manifest ({0}).', b.names().length))
  }

  /** read reads a file of the bundle; null when it is not there, which was found before. */
  async read(name: string): Promise<Bytes | null> {
    const content = await this.need.read(name)
    if (!content && this.need.has(name)) this.rec.failFile(check.tree, 'digest', name, say('文件 {0} 无法读取。', '{0} cannot be read.', name))
    return content
  }

  async checkGenesis() {
    const file = await this.read(names.genesis)
    if (file) this.acceptGenesis(file)
    if (this.genesis && this.need.manifest.network !== this.genesis.network) {
      this.rec.failFile(check.policy, 'manifest', names.manifest, say('清单所称网络与创世文件不符。', 'the manifest names another network than genesis.'))
    }
  }

  /** acceptGenesis takes a genesis whose fingerprint is the auditor's. */
  acceptGenesis(file: Bytes) {
    const { rec } = this
    const g = parseGenesis(file)
    if (typeof g === 'string') {
      rec.failFile(check.policy, 'genesis', names.genesis, say('创世文件无效: {0}。', 'the genesis is not valid: {0}.', g))
    } else if (!same(g.fingerprint, this.keys.genesis)) {
      const t = say('创世文件的指纹是 {0}，与密钥文件所载不同: 这是另一个网络。', 'the genesis has the fingerprint {0}, not the one of the key file: this is another network.', groups(g.fingerprint))
      rec.failFile(check.policy, 'genesis', names.genesis, t)
    } else {
      this.genesis = g
      rec.report.name = g.name
      rec.report.clock = g.clock
      rec.pass(check.policy, 'genesis', say('创世文件的指纹与密钥文件一致，各地区签名有效。', 'the genesis has the fingerprint of the key file, and every region signed it.'))
    }
  }

  /**
   * checkPolicyFile holds policy.txt against genesis, or the auditor's own keys. Which
   * nodes stood at a moment when some came or went, only the rules tell.
   */
  async checkPolicyFile(whole: boolean) {
    const g = this.genesis
    const file = g && (await this.read(names.policy))
    if (!g || !file) return
    const have = text(file)
    const untouched = this.keybook?.noteKeys().every((k) => k.genesis && k.life.revoked === 0 && k.life.retiring === 0) ?? false
    if (have === policyFile(g, Keys.together(genesisNoteKeys(g)), vkey)) return
    if (whole && untouched && !this.keybook?.nodesChanged) {
      this.rec.failFile(check.policy, 'policy_file', names.policy, say('policy.txt 与检查点当时登记的节点、公钥与规则不符。', 'policy.txt is not the policy of the nodes and keys at the checkpoint.'))
    } else if (have !== policyFile(g, this.keys.keys, vkey)) {
      const t = say('policy.txt 与创世文件或者密钥文件的不同，是否为当时的须用 sandi-audit verify 判定。', 'policy.txt is neither that of genesis nor of the key file: whether it was that of the moment, sandi-audit verify can tell.')
      this.rec.unsure(check.policy, 'policy_file', t)
    }
  }

  /** claimNote takes what the bundle's checkpoint claims, before anybody knows whose signatures count; false for more than a bundle can hold. */
  async claimNote(): Promise<boolean> {
    const m = this.need.manifest
    const raw = await this.read(names.checkpoint)
    const claim = raw && claimOf(raw)
    if (claim) {
      this.take(claim)
      if (m.origin !== claim.origin || m.size !== claim.size || m.root !== to64(claim.root)) {
        this.rec.failFile(check.tree, 'manifest', names.manifest, say('清单所称来源、大小或者根与检查点不符。', 'the manifest names another origin, size or root than the checkpoint.'))
      }
    } else {
      const root = from64(m.root)
      this.claim = { origin: m.origin, size: m.size, root: root?.length === 32 ? root : new Uint8Array(32) }
    }
    if (this.claim.size <= mostEntries) return true
    this.rec.fail(check.tree, 'file', say('检查点称账本有 {0} 条，没有审计包装得下。', 'the checkpoint speaks of {0} entries, more than a bundle can hold.', this.claim.size))
    return false
  }

  private take(claim: Checkpoint) {
    this.claim = claim
    Object.assign(this.rec.report, { origin: claim.origin, size: claim.size, root: to64(claim.root) })
  }

  /** openNote judges the checkpoint for check 1, and sets note when the signatures hold. */
  openNote(raw: Bytes) {
    const { rec } = this
    const file = names.checkpoint
    const claim = claimOf(raw)
    if (!claim) {
      rec.failFile(check.policy, 'checkpoint', file, say('检查点无法读取。', 'the checkpoint cannot be read.'))
      return
    }
    this.take(claim)
    const o = this.book.open(raw)
    this.revoked(check.policy, file, o)
    if (!o.note) {
      rec.failFile(check.policy, 'checkpoint', file, faultText(o.fault))
      return
    }
    this.note = o.note
    const grade = gradeOfOpened(o)
    rec.report.grade = grade
    const by = cosignedBy(o.note)
    if (grade === 'final') {
      rec.pass(check.policy, 'cosigners', {
        zh: `检查点（大小 ${o.note.size}）由 ${by.join('、')} 共同签署，达到要求的 ${o.policy.final} 个地区。`,
        en: `the checkpoint of size ${o.note.size} is cosigned by ${by.join(', ')}: ${o.policy.final} regions are demanded.`,
      })
      this.later(o)
    } else if (grade === '') {
      rec.failFile(check.policy, 'checkpoint', file, say('检查点属于另一账本 {0}。', 'the checkpoint is of another log, {0}.', o.note.origin))
    } else if (!this.bundle || this.keybook?.nodesChanged) {
      rec.unsure(check.policy, 'cosigners', this.tooFew(o.note, o))
    } else {
      rec.failFile(check.policy, 'cosigners', file, this.tooFew(o.note, o))
    }
    const missing = withoutLogKey(o)
    if (missing.length > 0) rec.failFile(check.policy, 'log_key', file, say('检查点上缺少 {0} 的日志签名。', 'the checkpoint lacks the log signature of {0}.', missing.join(', ')))
  }

  private tooFew(note: Note, o: Opened): Text {
    const by = cosignedBy(note)
    const t = say('检查点只有 {0} 个地区签署（{1}），最终检查点需要 {2} 个。', 'the checkpoint is cosigned by {0} regions only ({1}); a final one takes {2}.', by.length, by.join(', '), o.policy.final)
    if (!this.keybook?.nodesChanged) return t
    return {
      zh: t.zh + '账上有节点增减，当时须由哪些地区签署请用 sandi-audit verify 判定。',
      en: t.en + ' Nodes came or went on this ledger: which regions had to sign then, sandi-audit verify can tell.',
    }
  }

  /** revoked reports signatures by keys that must not sign a tree of this size. */
  revoked(n: number, file: string, o: Opened) {
    for (const s of o.revoked) {
      const entry = (this.book.find(s.key)?.life.revoked ?? 1) - 1
      const t = {
        zh: `${file} 上有 ${s.key.region}/${s.key.node} 的${keyNames[s.key.kind]}密钥的签名，而该密钥已由第 ${entry} 条吊销。`,
        en: `${file} is signed with the ${s.key.kind} key of ${s.key.region}/${s.key.node}, which entry ${entry} revoked.`,
      }
      this.rec.add({ check: n, result: 'FAIL', code: 'revoked_key', entry, file, ...t })
    }
  }

  /** later names the keys on a checkpoint that are not in the auditor's file, with the entries that registered them. */
  private later(o: Opened) {
    for (const { key } of o.note?.signatures ?? []) {
      const k = this.book.find(key)
      if (!k || k.genesis || this.book.lists(key)) continue
      const entry = k.life.prepared - 1
      const t = {
        zh: `${key.region}/${key.node} 的${keyNames[key.kind]}密钥不在密钥文件中，系第 ${entry} 条登记，由 ${key.region} 的治理密钥签署。`,
        en: `the ${key.kind} key of ${key.region}/${key.node} is not in the key file: entry ${entry} registered it, signed with the governance key of ${key.region}.`,
      }
      this.rec.add({ check: check.policy, result: 'PASS', code: 'later_key', entry, ...t })
    }
  }
}

/** faultText says why a note was not opened. */
export function faultText(f: NoteFault | null): Text {
  switch (f?.fault) {
    case 'signature':
      return say('检查点上有无效签名: {0}。', 'a signature on the checkpoint does not verify: {0}.', f.by ?? '')
    case 'unsigned':
      return say('检查点上没有密钥文件中任何一把密钥的签名。', 'no key of the key file signed the checkpoint.')
    case 'origin':
      return say('检查点属于另一账本。', 'the checkpoint is of another log.')
  }
  return say('检查点无效。', 'the checkpoint is not valid.')
}
