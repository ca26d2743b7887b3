import { sha256 } from '@noble/hashes/sha2.js'

/** Why a code is not accepted; the page has a sentence for each. */
export type Reason = 'form' | 'whole' | 'keys' | 'origin' | 'network' | 'inclusion' | 'signature' | 'unsigned' | 'statement'

export class Refused extends Error {
  constructor(readonly reason: Reason) {
    super(reason)
  }
}

export const utf8 = (text: string) => new TextEncoder().encode(text)
export const text = (bytes: Uint8Array) => new TextDecoder('utf-8', { fatal: true }).decode(bytes)
export const hex = (bytes: Uint8Array) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')

export function join(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of parts) {
    out.set(p, at)
    at += p.length
  }
  return out
}

export const same = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((v, i) => v === b[i])

function binary(s: string): Uint8Array {
  let raw: string
  try {
    raw = atob(s)
  } catch {
    throw new Refused('form')
  }
  return Uint8Array.from(raw, (c) => c.charCodeAt(0))
}

/** fromBase64 reads the standard form. */
export const fromBase64 = binary
export const toBase64 = (bytes: Uint8Array) => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''))
export const fromBase64url = (s: string) => binary(s.replace(/-/g, '+').replace(/_/g, '/'))
export const toBase64url = (bytes: Uint8Array) => toBase64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

/** leafHash and nodeHash are those of RFC 6962. */
export const leafHash = (entry: Uint8Array) => sha256(join(Uint8Array.of(0), entry))
const nodeHash = (left: Uint8Array, right: Uint8Array) => sha256(join(Uint8Array.of(1), left, right))

/** rootOf is the root of the one tree in which the path proves the leaf (RFC 9162 section 2.1.3.2). */
export function rootOf(leaf: Uint8Array, index: number, size: number, path: Uint8Array[]): Uint8Array {
  if (index >= size) throw new Refused('inclusion')
  let fn = BigInt(index)
  let sn = BigInt(size) - 1n
  let root = leaf
  for (const p of path) {
    if (sn === 0n) throw new Refused('inclusion')
    if (fn % 2n === 1n || fn === sn) {
      root = nodeHash(p, root)
      while (fn % 2n === 0n && fn !== 0n) {
        fn /= 2n
        sn /= 2n
      }
    } else {
      root = nodeHash(root, p)
    }
    fn /= 2n
    sn /= 2n
  }
  if (sn !== 0n) throw new Refused('inclusion')
  return root
}
