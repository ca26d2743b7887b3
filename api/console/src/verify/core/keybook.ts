import type { Genesis } from './genesis'
import { fromGenesis, moved, proven, readKey, stateAt, verifierOf, type Life, type PublicKey, type Verify } from './key'
import { nodeKey, type NoteKey } from './note'
import { BadJson, only, parse, str } from './scanner'
import { governance, type Statement } from './statement'

/** Held is a key with its life, as genesis and the entries tell it. */
interface Held extends PublicKey {
  region: string
  node: string // of a log or cosigner key
  life: Life
  genesis: boolean
  verify: Verify
}

export type Verdict = 'holds' | 'unknown' | 'bad'

/** RegisteredNoteKey is a key that signs checkpoints, with its life. */
export interface RegisteredNoteKey {
  key: NoteKey
  life: Life
  genesis: boolean
}

/** Keybook is the keys of a network, judged by ledger index: which leaf made each valid, and which ended it. */
export class Keybook {
  private keys = new Map<string, Held>()
  /** nodesChanged: nodes came or went. Who has to cosign then takes the rules to say. */
  nodesChanged = false

  constructor(private readonly genesis: Genesis) {
    for (const r of genesis.regions) {
      for (const k of [r.governance, ...r.statement]) this.put(r.code, k, '', fromGenesis, true)
      for (const n of r.nodes) for (const k of [n.log, n.cosigner]) this.put(r.code, k, n.id, fromGenesis, true)
    }
  }

  private put(region: string, k: PublicKey, node: string, life: Life, genesis: boolean) {
    this.keys.set(region + '/' + k.id, { ...k, region, node, life, genesis, verify: verifierOf(k) })
  }

  /** judge verifies a statement at an index, and learns from it. */
  judge(index: number, st: Statement): Verdict {
    const k = this.keys.get(st.region + '/' + st.key)
    if (!k) return 'unknown'
    const use = governance.includes(st.kind) ? 'governance' : 'statement'
    const may = st.network === this.genesis.network && k.use === use && k.alg === st.alg && stateAt(k.life, index) === 'active'
    if (!may || !k.verify(st.input, st.signature)) return 'bad'
    if (use === 'governance') this.learn(index, st)
    return 'holds'
  }

  /** learn follows a key through its life. What the ledger would have refused moves nothing: that is no entry of it. */
  private learn(index: number, st: Statement) {
    try {
      if (st.kind === 'key.add') this.added(index, st)
      else if (st.kind === 'key.activate' || st.kind === 'key.retire' || st.kind === 'key.revoke') {
        const k = this.keys.get(st.region + '/' + str(parse(st.body, 7, 'statement').key))
        const life = k && moved(k.life, st.kind, index)
        if (k && life) k.life = life
      } else if (st.kind === 'node.add' || st.kind === 'node.remove' || st.kind === 'recovery.order') this.nodesChanged = true
    } catch (err) {
      if (!(err instanceof BadJson)) throw err
    }
  }

  private added(index: number, st: Statement) {
    const b = parse(st.body, 7, 'statement')
    only(b, ['key', 'issuer', 'node', 'active', 'proof'])
    const k = readKey(b.key)
    const owner = str(b.issuer ?? '') + str(b.node ?? '')
    if (!k || this.keys.has(st.region + '/' + k.id) || !proven(k, str(b.proof), this.genesis.network, st.region, owner)) return
    this.put(st.region, k, str(b.node ?? ''), { prepared: index + 1, active: b.active === true ? index + 1 : 0, retiring: 0, revoked: 0 }, false)
  }

  /** noteKeys are all keys that sign checkpoints or did, as they came. */
  noteKeys(): RegisteredNoteKey[] {
    const list: RegisteredNoteKey[] = []
    for (const k of this.keys.values()) {
      if (k.use !== 'log' && k.use !== 'cosigner') continue
      list.push({ key: nodeKey(k.use, this.genesis.origin, k.region, k.node, k.key), life: k.life, genesis: k.genesis })
    }
    return list.sort((a, b) => a.life.prepared - b.life.prepared)
  }
}
