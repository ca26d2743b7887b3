import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

/** digestOf is SHA-256 of a text, in hex. */
export const digestOf = (text: string): string => bytesToHex(sha256(new TextEncoder().encode(text)))

/** base64url without padding, as texts of a draw write digests. */
export const base64url = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
