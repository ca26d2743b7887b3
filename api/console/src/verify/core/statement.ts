import { from64url, sha256, text, to64url, utf8, type Bytes } from './bytes'
import { isDigest, isKeyId, isKind, isOrg, isPerson, isRecordId, isRegion, isRole, isStatementId, parseAt } from './forms'
import { BadJson, Scanner } from './scanner'

// The signed unit (consensus/statement): a compact JWS in its one profile.

const maxBytes = 60 << 10
const maxHeader = 256
const maxDepth = 8
const type = 'sandi-statement+jws'

export const governance = [
  'key.add', 'key.activate', 'key.retire', 'key.revoke', 'issuer.add', 'issuer.drop', 'role.grant', 'role.revoke', 'token.revoke',
  'leader.move', 'law.propose', 'law.vote', 'law.adopt', 'node.add', 'node.remove', 'recovery.order',
] // prettier-ignore
const exchange = ['exchange.offer', 'exchange.withdraw', 'exchange.receipt', 'exchange.dispute']

export interface Statement {
  network: string
  kind: string
  id: string
  region: string
  record: string // '' for none
  prev: string // '' for none
  at: number // unix s
  actor: { role: string; org: string; person: string }
  body: string // its JSON as it stands
  key: string // key id without the region
  alg: 'EdDSA' | 'ES256'
  hash: string // SHA-256 of the exact bytes, base64url
  input: Bytes // what is signed
  signature: Bytes
}

class Bad extends Error {}

/**
 * parseStatement reads a statement, or says in one word why it is none. It proves form
 * only.
 */
export function parseStatement(raw: string): Statement | string {
  try {
    return read(raw)
  } catch (err) {
    if (err instanceof Bad) return err.message
    if (err instanceof BadJson) return 'syntax'
    throw err
  }
}

function read(raw: string): Statement {
  if (raw.length > maxBytes) throw new Bad('too_large')
  const parts = raw.split('.')
  if (parts.length !== 3 || parts.includes('')) throw new Bad('segments')
  if (Math.floor((parts[0].length * 3) / 4) > maxHeader) throw new Bad('too_large')
  const [header, payload, signature] = parts.map(from64url)
  if (!header || !payload || !signature) throw new Bad('base64')
  if (signature.length !== 64) throw new Bad('signature')
  const { alg, region, key } = readHeader(textOf(header))
  const st = readPayload(textOf(payload))
  if (st.region !== region) throw new Bad('region')
  const input = utf8(raw.slice(0, raw.lastIndexOf('.')))
  return { ...st, alg, key, input, signature, hash: to64url(sha256(utf8(raw))) }
}

function textOf(bytes: Bytes): string {
  const s = text(bytes)
  if (s === null) throw new Bad('utf8')
  return s
}

function readHeader(s: string) {
  const in_ = new Scanner(s, 1, 'statement')
  const got: Record<string, string> = {}
  in_.members(1, (name) => {
    if (name !== 'alg' && name !== 'kid' && name !== 'typ') throw new Bad('unknown')
    got[name] = in_.plain()
  })
  in_.end()
  const { alg, kid, typ } = got
  if (alg !== 'EdDSA' && alg !== 'ES256') throw new Bad(alg ? 'alg' : 'missing')
  if (typ !== type) throw new Bad(typ ? 'type' : 'missing')
  const region = (kid ?? '').slice(0, 6)
  const key = (kid ?? '').slice(7)
  if (!isRegion(region) || kid[6] !== '/' || !isKeyId(key)) throw new Bad('form')
  return { alg: alg as 'EdDSA' | 'ES256', region, key }
}

function readPayload(s: string) {
  const in_ = new Scanner(s, maxDepth, 'statement')
  const got: Record<string, string> = {}
  let v = 0
  let actor: Record<string, string> = {}
  let body = ''
  in_.members(1, (name) => {
    switch (name) {
      case 'network': case 'kind': case 'id': case 'region': case 'record': case 'prev': case 'at': case 'request': // prettier-ignore
        got[name] = in_.plain()
        if ((name === 'record' || name === 'prev') && got[name] === '') throw new Bad('form')
        return
      case 'v':
        v = in_.number()
        if (v < 1 || v > 65_535) throw new Bad('form')
        return
      case 'actor':
        actor = readActor(in_)
        return
      case 'body': {
        if (in_.peek() !== '{') throw new Bad('wrong_type')
        const start = in_.i
        in_.value(2)
        body = s.slice(start, in_.i)
        return
      }
      default:
        throw new Bad('unknown')
    }
  })
  in_.end()
  const { network = '', kind = '', id = '', region = '', record = '', prev = '', at = '', request = '' } = got
  const time = parseAt(at)
  const known = actor.role !== undefined && actor.org !== undefined && actor.person !== undefined
  if (v === 0 || body === '' || !known) throw new Bad('missing')
  if (!isDigest(network) || !isKind(kind) || !isStatementId(id) || !isRegion(region) || !isDigest(request) || time === null) throw new Bad('form')
  checkChain(kind, record, prev)
  const unmanned = actor.person === '' && (actor.role === 'node' || actor.role === 'governance')
  if (!isRole(actor.role) || !isOrg(actor.org) || !(unmanned || isPerson(actor.person))) throw new Bad('form')
  return { network, kind, id, region, record, prev, at: time, actor: actor as Statement['actor'], body }
}

function readActor(in_: Scanner): Record<string, string> {
  const actor: Record<string, string> = {}
  in_.members(2, (name) => {
    if (name !== 'role' && name !== 'org' && name !== 'person') throw new Bad('unknown')
    actor[name] = in_.plain()
  })
  return actor
}

/** checkChain: an opening starts a chain of statements, an act continues one, others are part of none. */
function checkChain(kind: string, record: string, prev: string) {
  if ((record && !isRecordId(record)) || (prev && !isDigest(prev))) throw new Bad('form')
  if (kind === 'record.act' && !(record && prev)) throw new Bad('missing')
  const alone = kind === 'record.open' || kind === 'ledger.seal' || kind === 'access.head' || governance.includes(kind) || exchange.includes(kind)
  if (alone && (record || prev)) throw new Bad('unknown')
}
