import { sha256 } from '@noble/hashes/sha2.js'
import { fromBase64, join, Refused, same, toBase64url, utf8 } from './bytes'

/** Cosigner is a node whose signature says that its region holds the same ledger. */
export interface Cosigner {
  name: string
  region: string
  node: string
  id: number
  key: Uint8Array
}

/** KeyFile is what an auditor got out of band, and all that this page trusts. */
export interface KeyFile {
  network: string // base64url SHA-256 of genesis
  fingerprint: string
  origin: string
  regions: string[]
  cosigners: Cosigner[]
}

/** Bound of a key file, as the node has it. */
const maxKeyFile = 256 << 10
const typeCosigner = 4
const typeLog = 1

/** parseKeyFile reads what every bureau gives out (consensus/checkpoint/keyfile.go). */
export function parseKeyFile(data: string): KeyFile {
  if (data.length > maxKeyFile) throw new Refused('keys')
  let fingerprint = ''
  const cosigners: Cosigner[] = []
  let logs = 0
  for (const line of data.replace(/^\ufeff/, '').split('\n')) {
    const fields = line.trim().split(/\s+/)
    if (fields[0] === '' || fields[0].startsWith('#')) continue
    if (fields[0] === 'genesis' && !fingerprint) {
      fingerprint = fields.slice(1).join('').toLowerCase()
      if (!/^[0-9a-f]{64}$/.test(fingerprint)) throw new Refused('keys')
      continue
    }
    const found = parseVKey(fields[0])
    if (found) cosigners.push(found)
    else logs++
  }
  const origins = new Set(cosigners.map((c) => c.name.slice(0, -`/${c.region}/${c.node}`.length)))
  const ids = new Set(cosigners.map((c) => c.id))
  if (!fingerprint || origins.size !== 1 || ids.size !== cosigners.length || logs > cosigners.length * 9) throw new Refused('keys')
  const genesis = Uint8Array.from(fingerprint.match(/../g) ?? [], (two) => parseInt(two, 16))
  return {
    network: toBase64url(genesis),
    fingerprint: (fingerprint.match(/.{4}/g) ?? []).join(' '),
    origin: [...origins][0],
    regions: [...new Set(cosigners.map((c) => c.region))].sort(),
    cosigners,
  }
}

/** parseVKey reads name+hex8+base64(type||key); undefined for the key of a log, which says nothing of a region. */
function parseVKey(vkey: string): Cosigner | undefined {
  const [name, id, ...rest] = vkey.split('+')
  if (!name || !/^[0-9a-f]{8}$/.test(id ?? '') || rest.length === 0) throw new Refused('keys')
  let raw: Uint8Array
  try {
    raw = fromBase64(rest.join('+'))
  } catch {
    throw new Refused('keys')
  }
  const sum = sha256(join(utf8(name), Uint8Array.of(10), raw)).slice(0, 4)
  const given = Uint8Array.from(id.match(/../g) ?? [], (two) => parseInt(two, 16))
  if (!same(sum, given) || raw.length !== 33) throw new Refused('keys')
  if (raw[0] === typeLog) return undefined
  const where = /\/(\d{6})\/([a-z0-9-]+)$/.exec(name)
  if (raw[0] !== typeCosigner || !where) throw new Refused('keys')
  return { name, region: where[1], node: where[2], id: new DataView(sum.buffer, sum.byteOffset).getUint32(0), key: raw.slice(1) }
}
