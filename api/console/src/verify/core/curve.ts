import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concat, hex, same, type Bytes } from './bytes'

// Signatures, under the predicates of the nodes (certs/keyring, golang.org/x/mod/sumdb/note).

const { Point } = ed25519
type Point = InstanceType<typeof Point>
const order = Point.Fn.ORDER

function number(le: Bytes): bigint {
  let n = 0n
  for (let i = le.length - 1; i >= 0; i--) n = (n << 8n) | BigInt(le[i])
  return n
}

function point(bytes: Bytes): Point | null {
  try {
    return Point.fromBytes(bytes, true)
  } catch {
    return null
  }
}

/** usesForTable: below so many checks the table of a key's multiples costs more than it saves. */
const usesForTable = 24
/** decodedMost bounds the keys that are kept decoded; a network has some dozens. */
const decodedMost = 1024
const decoded = new Map<string, Ed25519 | null>()

/**
 * Ed25519 is a decoded key. One that is much used gets a table of its multiples: a network
 * has some dozens of keys and signs a million times, and with the table a check takes half
 * as long.
 */
export class Ed25519 {
  private uses = 0

  private constructor(
    private readonly bytes: Bytes,
    private readonly minus: Point, // -A
    readonly good: boolean, // it may be registered: canonical, of prime order
  ) {}

  /** of decodes a key; null for bytes that are no point. */
  static of(key: Bytes): Ed25519 | null {
    const name = hex(key)
    let known = decoded.get(name)
    if (known === undefined) {
      const a = key.length === 32 ? point(key) : null
      // Under a key of small order anybody's signature verifies.
      known = a && new Ed25519(key, a.negate(), same(a.toBytes(), key) && !a.isSmallOrder() && a.isTorsionFree())
      if (decoded.size >= decodedMost) decoded.clear()
      decoded.set(name, known)
    }
    return known
  }

  /** rest is [S]B - [k]A, which has to be R; null when S is not below the group's order. */
  private rest(message: Bytes, signature: Bytes): Point | null {
    if (signature.length !== 64) return null
    if (++this.uses === usesForTable) this.minus.precompute(6, true)
    const s = number(signature.subarray(32))
    if (s >= order) return null
    const k = number(sha512(concat(signature.subarray(0, 32), this.bytes, message))) % order
    return multiple(Point.BASE, s).add(multiple(this.minus, k))
  }

  /** zip215 is the predicate of statements: any encodings that decode, equation times the cofactor. */
  zip215(message: Bytes, signature: Bytes): boolean {
    const rest = this.rest(message, signature)
    const r = rest && point(signature.subarray(0, 32))
    return rest !== null && r !== null && rest.subtract(r).clearCofactor().is0()
  }

  /** exact is the predicate of notes, that of Go's library: R is compared as bytes. */
  exact(message: Bytes, signature: Bytes): boolean {
    const rest = this.rest(message, signature)
    return rest !== null && same(rest.toBytes(), signature.subarray(0, 32))
  }
}

const multiple = (p: Point, n: bigint) => (n === 0n ? Point.ZERO : p.multiplyUnsafe(n))

export function goodP256(key: Bytes): boolean {
  try {
    if (key.length !== 65) return false
    p256.Point.fromBytes(key)
    return true
  } catch {
    return false
  }
}

/** es256 checks ECDSA P-256 with SHA-256: raw r||s, low s only. */
export function es256(key: Bytes, message: Bytes, signature: Bytes): boolean {
  try {
    return p256.verify(signature, message, key, { lowS: true, prehash: true, format: 'compact' })
  } catch {
    return false
  }
}
