import { sha256 as hash } from '@noble/hashes/sha2.js'

export type Bytes = Uint8Array

/** sha256 of some parts, one behind the other. */
export function sha256(...parts: Bytes[]): Bytes {
  if (parts.length === 1) return hash(parts[0])
  const h = hash.create()
  for (const part of parts) h.update(part)
  return h.digest()
}

export function concat(...parts: Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export function same(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

const encoder = new TextEncoder()

export const utf8 = (text: string): Bytes => encoder.encode(text)

/** text is what UTF-8 bytes say; null for bytes that are none. A byte order mark stays. */
export function text(bytes: Bytes): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

const digits = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

export function hex(bytes: Bytes): string {
  let out = ''
  for (const b of bytes) out += digits[b]
  return out
}

export function unhex(s: string): Bytes | null {
  if (s.length % 2 !== 0 || !/^[0-9a-f]*$/.test(s)) return null
  const out = new Uint8Array(s.length / 2)
  for (let i = 0; i < out.length; i++) out[i] = parseInt(s.slice(2 * i, 2 * i + 2), 16)
  return out
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

interface Alphabet {
  chars: string
  value: Int8Array // by character code, -1 for all others
  pad: boolean
}

function alphabet(last: string, pad: boolean): Alphabet {
  const chars = letters + last
  const value = new Int8Array(128).fill(-1)
  for (let i = 0; i < chars.length; i++) value[chars.charCodeAt(i)] = i
  return { chars, value, pad }
}

const standard = alphabet('+/', true)
const url = alphabet('-_', false)

/** decode accepts the one spelling of some bytes: no white space, no unused bits, padding as the alphabet has it. */
function decode(s: string, a: Alphabet): Bytes | null {
  let end = s.length
  if (a.pad) {
    if (end % 4 !== 0) return null
    while (end > 0 && s.length - end < 2 && s[end - 1] === '=') end--
  }
  const rest = end % 4
  if (rest === 1) return null
  const out = new Uint8Array(Math.floor((end * 3) / 4))
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < end; i++) {
    const c = s.charCodeAt(i)
    const v = c < 128 ? a.value[c] : -1
    if (v < 0) return null
    held = (held << 6) | v
    bits += 6
    if (bits >= 8) {
      bits -= 8
      out[at++] = held >> bits
      held &= (1 << bits) - 1
    }
  }
  return held === 0 ? out : null
}

function encode(bytes: Bytes, a: Alphabet): string {
  let out = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const n = Math.min(3, bytes.length - i)
    const v = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    for (let k = 0; k <= n; k++) out += a.chars[(v >> (18 - 6 * k)) & 63]
    if (a.pad) out += '='.repeat(3 - n)
  }
  return out
}

/** base64 as checkpoints have it, and base64url without padding as statements have it. */
export const from64 = (s: string) => decode(s, standard)
export const to64 = (b: Bytes) => encode(b, standard)
export const from64url = (s: string) => decode(s, url)
export const to64url = (b: Bytes) => encode(b, url)

/**
 * decimal reads a number without sign and leading zeros that a double holds exactly;
 * null for all else. Go counts to 2^63, but no log has so many entries.
 */
export function decimal(s: string): number | null {
  if (!/^(0|[1-9]\d{0,15})$/.test(s)) return null
  const n = Number(s)
  return n <= Number.MAX_SAFE_INTEGER ? n : null
}
