import { concat, from64, from64url, utf8, type Bytes } from './bytes'
import { Ed25519, es256, goodP256 } from './curve'
import { isKeyId } from './forms'
import { obj, only, str, type Json } from './scanner'

/** PublicKey is a key as genesis and the ledger name it (certs/keyring). */
export interface PublicKey {
  id: string
  alg: string
  use: string
  key: Bytes
}

/** readKey takes a key out of JSON; null when it is none that may be registered. */
export function readKey(v: Json | undefined): PublicKey | null {
  const o = obj(v)
  only(o, ['id', 'alg', 'use', 'key'])
  const key = from64(str(o.key))
  const k = key && { id: str(o.id), alg: str(o.alg), use: str(o.use), key }
  return k && isKeyId(k.id) && good(k) ? k : null
}

const uses: Record<string, string[]> = {
  governance: ['EdDSA', 'ES256'], statement: ['EdDSA', 'ES256'], token: ['EdDSA', 'ES256'], draw: ['BLS12381G1'], log: ['EdDSA'], cosigner: ['EdDSA'],
} // prettier-ignore

function good(k: PublicKey): boolean {
  if (!Object.keys(uses).includes(k.use) || !uses[k.use].includes(k.alg)) return false
  if (k.alg === 'EdDSA') return Ed25519.of(k.key)?.good ?? false
  if (k.alg === 'ES256') return goodP256(k.key)
  return k.key.length === 48 // draws are not judged here
}

export type Verify = (message: Bytes, signature: Bytes) => boolean

/** verifierOf checks signatures of a key that signs statements. */
export function verifierOf(k: PublicKey): Verify {
  if (k.alg === 'ES256') return (message, signature) => es256(k.key, message, signature)
  const ed = k.alg === 'EdDSA' ? Ed25519.of(k.key) : null
  return (message, signature) => ed !== null && ed.zip215(message, signature)
}

/** proven is whether who registered a key holds its private half (statement.ProofInput). */
export function proven(k: PublicKey, proof: string, network: string, region: string, owner: string): boolean {
  if (k.alg === 'BLS12381G1') return true // signs no statement and no checkpoint
  const signature = from64url(proof)
  const input = concat(utf8(['sandi.internal/key-proof/v1', network, region, owner, k.use, k.alg, k.id].map((part) => part + '\0').join('')), k.key)
  return signature !== null && signature.length === 64 && verifierOf(k)(input, signature)
}

/** Life is when a key entered each state: the leaf's index plus one, 0 for never (keyring.Life). */
export interface Life {
  prepared: number
  active: number
  retiring: number
  revoked: number
}

export const fromGenesis: Life = { prepared: 1, active: 1, retiring: 0, revoked: 0 }

export type State = 'unknown' | 'prepared' | 'active' | 'retiring' | 'revoked'

/** stateAt is what leaves before the one at index did. */
export function stateAt(l: Life, index: number): State {
  const begun = (at: number) => at !== 0 && (at <= index || at === 1)
  const ended = (at: number) => at !== 0 && at <= index
  if (ended(l.revoked)) return 'revoked'
  if (ended(l.retiring)) return 'retiring'
  if (begun(l.active)) return 'active'
  return begun(l.prepared) ? 'prepared' : 'unknown'
}

/** moved is a key's life after a statement of the leaf at index; null when the ledger would refuse it. */
export function moved(l: Life, kind: string, index: number): Life | null {
  const last = Math.max(l.prepared, l.active, l.retiring, l.revoked)
  if (l.prepared === 0 || l.revoked !== 0 || index + 1 < last) return null
  if (kind === 'key.activate') return l.active || l.retiring ? null : { ...l, active: index + 1 }
  if (kind === 'key.retire') return !l.active || l.retiring ? null : { ...l, retiring: index + 1 }
  return { ...l, revoked: index + 1 }
}
