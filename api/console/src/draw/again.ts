// Drawing again: what a region's node does when it checks a ranking (consensus/draw),
// from the frozen texts and the contributions alone. Nothing here asks anybody.
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import { base64url } from './digest'
import { eligible, selects, type Pool, type Rule } from './text'

const utf8 = new TextEncoder()

/** Terms are what a draw has frozen; digests are hex. */
export interface Terms {
  network: string
  draw: string
  pool: string
  rule: string
}

/** messageOf is what every region signs. */
export function messageOf(t: Terms): string {
  const b64 = (hex: string) => base64url(hexToBytes(hex))
  return `sandi-draw/1\n${t.network}\n${t.draw}\n${b64(t.pool)}\n${b64(t.rule)}\n`
}

const scheme = bls12_381.longSignatures // keys in G1, signatures in G2
const suite = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_'
const keySize = 48 // bytes, compressed
const signatureSize = 96

/** signed says whether a contribution is the signature of a draw key over the message. Both are hex. */
export function signed(message: string, signature: string, key: string): boolean {
  if (key.length !== 2 * keySize || signature.length !== 2 * signatureSize) return false
  try {
    const s = scheme.Signature.fromBytes(hexToBytes(signature))
    const k = bls12_381.G1.Point.fromBytes(hexToBytes(key))
    s.assertValidity()
    k.assertValidity()
    return !s.is0() && !k.is0() && scheme.verify(s, scheme.hash(utf8.encode(message), suite), k)
  } catch {
    return false // no point of the curve, or of another group
  }
}

/** seedOf is SHA-256 over the contributions in the order of region codes; hex. */
export function seedOf(contributions: { region: string; signature: string }[]): string {
  const list = [...contributions].sort((a, b) => (a.region < b.region ? -1 : 1))
  return bytesToHex(sha256(concatBytes(...list.map((c) => hexToBytes(c.signature)))))
}

const word = 1n << 64n

/**
 * numbersOf are the numbers of 64 bits that a seed decides for a stratum: block i is
 * SHA-256 of domain, seed, stratum, a newline and i in eight bytes; a block is four of
 * them. All big-endian.
 */
function* numbersOf(seed: string, stratum: string): Generator<bigint, never> {
  const prefix = concatBytes(utf8.encode('sandi-draw-stream/1\n'), hexToBytes(seed), utf8.encode(stratum + '\n'))
  const block = new Uint8Array(prefix.length + 8)
  block.set(prefix)
  for (let i = 0; ; i++) {
    new DataView(block.buffer).setBigUint64(prefix.length, BigInt(i))
    const view = new DataView(Uint8Array.from(sha256(block)).buffer)
    for (let at = 0; at < 32; at += 8) yield view.getBigUint64(at)
  }
}

/** below is a number in [0, n), each equally likely: the uneven rest at the top is passed over. */
function below(numbers: Generator<bigint, never>, n: number): number {
  const size = BigInt(n)
  const uneven = word % size
  for (;;) {
    const v = numbers.next().value
    if (v < word - uneven) return Number(v % size)
  }
}

export interface Ranked {
  stratum: string
  selected: number // the first so many
  order: string[] // selected, then reserves
}

/** rank orders each stratum's candidates by the seed (Fisher-Yates, from the end). */
export function rank(pool: Pool, rule: Rule, seed: string): Ranked[] {
  return rule.quotas.map((q) => {
    const order = eligible(pool, q.stratum)
    const numbers = numbersOf(seed, q.stratum)
    for (let last = order.length - 1; last > 0; last--) {
      const at = below(numbers, last + 1)
      const held = order[last]
      order[last] = order[at]
      order[at] = held
    }
    return { stratum: q.stratum, selected: selects(q, order.length), order }
  })
}

/** rankingText is the full ranking as it is digested (sandi-ranking/1). */
export function rankingText(draw: string, seed: string, strata: Ranked[]): string {
  const head = `sandi-ranking/1\ndraw ${draw}\nseed ${base64url(hexToBytes(seed))}\n`
  return head + strata.map((s) => `${s.stratum} ${s.selected} of ${s.order.length}\n` + s.order.map((id) => id + '\n').join('')).join('')
}

export const selectedOf = (strata: Ranked[]): string[] => strata.flatMap((s) => s.order.slice(0, s.selected))

/** How many reserves a record names; the ranking has all. */
const maxReserves = 60

/** reservesOf are the next in rank: the first of each stratum, then the second of each. */
export function reservesOf(strata: Ranked[]): string[] {
  const rests = strata.map((s) => s.order.slice(s.selected))
  const longest = rests.reduce((n, rest) => Math.max(n, rest.length), 0)
  const out: string[] = []
  for (let place = 0; place < longest && out.length < maxReserves; place++) {
    for (const rest of rests) if (place < rest.length && out.length < maxReserves) out.push(rest[place])
  }
  return out
}
