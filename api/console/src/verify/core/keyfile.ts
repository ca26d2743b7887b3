import { hex, text, to64url, unhex, type Bytes } from './bytes'
import { isKeyId, isRegion } from './forms'
import { Keys, originOf, parseVKey, policyOf, type NoteKey, type Policy } from './note'

export const maxKeyFile = 256 << 10

/** KeyFile is what an auditor got by another way, and all that is trusted. */
export interface KeyFile {
  genesis: Bytes // SHA-256 of the exact genesis bytes
  keys: Keys
  network: string
  policy: Policy // of a reader without genesis: every region that has a cosigner in it
}

/** parseKeyFile reads a key file that people may have typed; the number of a bad line, 0 for the file as a whole. */
export function parseKeyFile(data: Bytes): KeyFile | number {
  const s = data.length <= maxKeyFile ? text(data) : null
  if (s === null) return 0
  let genesis: Bytes | null = null
  const list: NoteKey[] = []
  const lines = s.replace(/^\ufeff/, '').split('\n')
  for (let i = 0; i < lines.length; i++) {
    const fields = lines[i].split(/\s+/).filter((f) => f !== '')
    if (fields.length === 0 || fields[0].startsWith('#')) continue
    if (fields[0] === 'genesis' && !genesis) {
      genesis = unhex(fields.slice(1).join('').toLowerCase())
      if (!genesis || genesis.length !== 32) return i + 1
      continue
    }
    const key = fields.length <= 2 && fields[0] !== 'genesis' ? readLine(fields) : null
    if (!key) return i + 1
    list.push(key)
  }
  const keys = Keys.of(list)
  if (!genesis || list.length === 0 || !keys) return 0
  const cosigners = keys.list.filter((k) => k.kind === 'cosigner' && k.region)
  const regions = [...new Set(cosigners.map((k) => k.region))].sort()
  return { genesis, keys, network: to64url(genesis), policy: policyOf(cosigners.length > 0 ? originOf(cosigners[0]) : '', regions, regions.length) }
}

/** fingerprintOf is what bureaus compare by telephone: the digest of genesis in groups of four digits. */
export const fingerprintOf = (f: KeyFile) => (hex(f.genesis).match(/.{4}/g) ?? []).join(' ')

function readLine(fields: string[]): NoteKey | null {
  const key = parseVKey(fields[0])
  if (!key || fields.length === 1) return key
  const [region, ...rest] = fields[1].split('/')
  const node = rest.join('/')
  return key.kind === 'log' && isRegion(region) && isKeyId(node) ? { ...key, region, node } : null
}
