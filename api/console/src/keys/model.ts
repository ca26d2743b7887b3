import { offline } from '../frame/offline'

/** Keys is what the node says of keys and certificates (api/console, type Keys). */
export interface Keys {
  region: string
  node: string
  genesis: string
  size: number
  practice: boolean
  clock: string
  keys: Key[]
  issuers: Issuer[]
  roles: string[] // that issuers may be granted at all
  certificates: Certificate[]
}

export interface Key {
  id: string
  use: string
  alg: string
  owner?: string
  state: string
  fingerprint: string
  held: boolean
  genesis: boolean
  prepared?: number
  active?: number
  retiring?: number
  revoked?: number
}

export interface Issuer {
  id: string
  roles: string[]
  dropped: boolean
}

export interface Certificate {
  what: 'node' | 'issuing' | 'root' | 'public'
  name: string
  from: string
  until: string
  left: number
  near: boolean
  self?: boolean
}

/** Errand is something that has to be done, with the lines that do it. */
export interface Errand {
  what: 'activate' | 'switch' | 'retire' | 'draw' | 'revoked' | 'certificate' | 'renews'
  about: string
  grave: boolean
  lines: string[]
}

const own = (k: Key, all: Keys) => (k.use === 'log' || k.use === 'cosigner' ? k.owner === all.node : true)

/** errands is what keys and certificates ask for now, the grave ones first. */
export function errands(all: Keys): Errand[] {
  const list: Errand[] = []
  for (const k of all.keys.filter((k) => own(k, all))) {
    const others = all.keys.filter((o) => o !== k && o.use === k.use && o.owner === k.owner && o.state === 'active')
    if (k.held && k.state === 'revoked') list.push({ what: 'revoked', about: k.id, grave: true, lines: replace(k, all) })
    else if (k.held && k.state === 'retiring') list.push({ what: 'switch', about: k.id, grave: true, lines: [`# sandi.yaml: keys.${k.use}`, 'systemctl restart sandi'] })
    else if (k.state === 'prepared') list.push({ what: 'activate', about: k.id, grave: false, lines: [offline(`key activate ${k.id}`, 'activate.jws', all)] })
    else if (k.state === 'active' && !k.held && k.use !== 'governance' && others.some((o) => o.held))
      list.push({ what: 'retire', about: k.id, grave: false, lines: [offline(`key retire ${k.id}`, 'retire.jws', all)] })
  }
  if (!all.keys.some((k) => k.use === 'draw' && k.state === 'active'))
    list.push({ what: 'draw', about: all.region, grave: false, lines: [offline('key add --new keys/draw.pem --active', 'draw.jws', all)] })
  for (const c of all.certificates.filter((c) => c.near))
    list.push({ what: c.self ? 'renews' : 'certificate', about: c.name, grave: c.left < 7 && !c.self, lines: [] })
  return list.sort((a, b) => Number(b.grave) - Number(a.grave))
}

/** fresh is an id that the region has not used: st-1 is followed by st-2. */
export function fresh(k: Key, all: Key[]): string {
  const stem = k.id.replace(/-?\d+$/, '')
  for (let n = 2; ; n++) if (!all.some((o) => o.id === `${stem}-${n}`)) return `${stem}-${n}`
}

/** replace is how another key takes a key's place, without a gap. */
export function replace(k: Key, all: Keys): string[] {
  const id = fresh(k, all.keys)
  const file = `keys/${id}.pem`
  const owner = k.use === 'token' ? ` --issuer ${k.owner}` : k.owner ? ` --node ${k.owner}` : ''
  const make = `sandi key make --use ${k.use}${k.use === 'draw' ? '' : ` --alg ${k.alg}`} --id ${id} -f ${file}`
  return [
    make,
    offline(`key add --new ${file}${owner}`, 'add.jws', all),
    offline(`key activate ${id}`, 'activate.jws', all),
    offline(`key retire ${k.id}`, 'retire.jws', all),
  ]
}

/** stolen is how a key is ended at once. */
export const stolen = (k: Key, all: Keys) => [offline(`key revoke ${k.id} --reason compromised`, 'revoke.jws', all)]

/** grant is the body of a statement that widens or narrows what an issuer's tokens may say, and the line that signs it. */
export function grant(issuer: Issuer, roles: string[], all: Keys): { file: string; body: string; line: string } {
  const kind = roles.every((role) => issuer.roles.includes(role)) ? 'role.revoke' : 'role.grant'
  const file = `${kind}.json`
  return { file, body: JSON.stringify({ issuer: issuer.id, roles: [...roles].sort() }), line: offline(`gov sign ${kind} ${file}`, `${kind}.jws`, all) }
}
