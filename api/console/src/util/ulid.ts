const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * ulid makes the id of a statement: 48 bits of milliseconds, then 80 random bits,
 * in Crockford's base 32 (26 characters).
 */
export function ulid(now: number, random: Uint8Array): string {
  let text = ''
  for (let rest = now, i = 0; i < 10; i++) {
    text = alphabet[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  let bits = 0
  let held = 0
  for (const byte of random.subarray(0, 10)) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) {
      text += alphabet[(held >> (bits - 5)) & 31]
    }
    held &= (1 << bits) - 1
  }
  return text
}

export const freshUlid = () => ulid(Date.now(), crypto.getRandomValues(new Uint8Array(10)))
