import { concat, from64url, hex, sha256, text, to64url, utf8, type Bytes } from './bytes'
import { isOrigin, isRegion, parseAt } from './forms'
import { readKey, verifierOf, type PublicKey } from './key'
import { Keys, nodeKey, policyOf, type NoteKey, type Policy } from './note'
import { BadJson, list, obj, only, parse, str, type Json } from './scanner'

export const maxGenesis = 8 << 20
const depth = 8
const domain = utf8('sandi.internal/genesis/v1\0')

export interface GenesisNode {
  id: string
  public: string
  log: PublicKey
  cosigner: PublicKey
}

export interface GenesisRegion {
  code: string
  governance: PublicKey
  statement: PublicKey[]
  nodes: GenesisNode[]
}

/** Genesis is what of it is needed to verify; its fingerprint, which the auditor has, vouches for the rest. */
export interface Genesis {
  fingerprint: Bytes
  network: string
  name: string
  origin: string
  clock: string
  createdAt: number // unix s
  final: number // regions
  regions: GenesisRegion[]
}

/** parseGenesis reads a genesis file that every region has signed, or says why it is none. */
export function parseGenesis(file: Bytes): Genesis | string {
  try {
    return read(file)
  } catch (err) {
    if (err instanceof BadJson) return err.message
    throw err
  }
}

function read(file: Bytes): Genesis {
  const outer = parse(must(text(file), 'UTF-8'), depth)
  only(outer, ['format', 'genesis', 'signatures'])
  if (outer.format !== 'sandi-genesis/1') throw new BadJson('format')
  const raw = must(from64url(str(outer.genesis)), 'base64url')
  const g = parse(must(text(raw), 'UTF-8'), depth)
  if (g.format !== 'sandi-genesis/1') throw new BadJson('format')
  const regions = list(g.regions).map(readRegion)
  const fingerprint = sha256(raw)
  const out: Genesis = {
    fingerprint,
    network: to64url(fingerprint),
    name: str(g.name),
    origin: str(g.origin),
    clock: str(g.clock),
    createdAt: must(parseAt(str(g.created_at)), 'created_at'),
    final: g.final === 'all' ? regions.length : Number(str(g.final)),
    regions,
  }
  if (!isOrigin(out.origin) || !(out.final >= 1 && out.final <= regions.length)) throw new BadJson('form')
  checkSignatures(out, raw, list(outer.signatures))
  return out
}

function must<T>(v: T | null, what: string): T {
  if (v === null) throw new BadJson(what)
  return v
}

function readRegion(v: Json): GenesisRegion {
  const r = obj(v)
  const code = str(r.code)
  if (!isRegion(code)) throw new BadJson('region')
  const key = (k: Json | undefined, use: string) => {
    const out = must(readKey(k), 'key')
    if (out.use !== use) throw new BadJson('key')
    return out
  }
  return {
    code,
    governance: key(r.governance, 'governance'),
    statement: list(r.statement).map((k) => key(k, 'statement')),
    nodes: list(r.nodes).map((n) => ({ id: str(obj(n).id), public: str(obj(n).public), log: key(obj(n).log, 'log'), cosigner: key(obj(n).cosigner, 'cosigner') })),
  }
}

/** checkSignatures: one of every region, ascending, by its governance key. */
function checkSignatures(g: Genesis, raw: Bytes, signatures: Json[]) {
  const codes = g.regions.map((r) => r.code)
  if (signatures.length !== codes.length) throw new BadJson('signatures')
  signatures.forEach((v, i) => {
    const s = obj(v)
    const region = g.regions[i]
    const signature = from64url(str(s.sig))
    const ours = s.region === region.code && s.kid === region.governance.id && (i === 0 || codes[i - 1] < codes[i])
    if (!ours || !signature || !verifierOf(region.governance)(concat(domain, raw), signature)) throw new BadJson(`signature of ${region.code}`)
  })
}

/** groups is a fingerprint as people compare it. */
export const groups = (raw: Bytes) => (hex(raw).match(/.{4}/g) ?? []).join(' ')

export const genesisPolicy = (g: Genesis): Policy =>
  policyOf(
    g.origin,
    g.regions.filter((r) => r.nodes.length > 0).map((r) => r.code),
    g.final,
  )

/** genesisNoteKeys are every node's two keys. */
export const genesisNoteKeys = (g: Genesis): NoteKey[] =>
  g.regions.flatMap((r) => r.nodes.flatMap((n) => [nodeKey('log', g.origin, r.code, n.id, n.log.key), nodeKey('cosigner', g.origin, r.code, n.id, n.cosigner.key)]))

/** policyFile is policy.txt as nodes write it for these keys (checkpoint.MarshalPolicyOf). */
export function policyFile(g: Genesis, keys: Keys, vkey: (k: NoteKey) => string): string {
  const p = genesisPolicy(g)
  const at = new Map(g.regions.flatMap((r) => r.nodes.map((n) => [n.id, `${n.public}/log`] as const)))
  let out = `# ${g.origin}: a checkpoint is final when ${p.final} of ${p.regions.length} regions cosigned it.\n`
  for (const k of keys.list) if (k.kind === 'log') out += `log ${vkey(k)} ${at.get(k.node) ?? '/log'}\n`
  for (const r of g.regions.filter((region) => region.nodes.length > 0)) {
    const names: string[] = []
    for (const n of r.nodes) {
      keys.all(r.code, n.id, 'cosigner').forEach((k, i) => {
        const name = `${k.region}/${k.node}${i > 0 ? `.${i + 1}` : ''}`
        names.push(name)
        out += `witness ${name} ${vkey(k)} ${at.get(n.id)}\n`
      })
    }
    out += `group ${r.code} any ${names.join(' ')}\n`
  }
  return out + `group final ${p.final} ${p.regions.join(' ')}\nquorum final\n`
}
