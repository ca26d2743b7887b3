import { from64url } from './bytes'

// Forms of names (consensus/statement, form.go).

export const isRegion = (s: string) => /^[1-9]\d{5}$/.test(s)
export const isOrg = (s: string) => /^[1-9]\d{5}-[A-Z][A-Z0-9]{1,7}$/.test(s)
export const isKeyId = (s: string) => /^[a-z0-9][a-z0-9.-]{0,63}$/.test(s)
export const isRole = (s: string) => /^[a-z][a-z_]{1,31}$/.test(s)
export const isDigest = (s: string) => s.length === 43 && from64url(s) !== null
export const isPerson = (s: string) => s.length === 22 && from64url(s) !== null
export const isCommitment = (s: string) => s.startsWith('sc1.') && isDigest(s.slice(4))
export const isRecordId = (s: string) => /^[A-Z]{2}-[1-9]\d{5}-\d{4}-\d{6,12}$/.test(s)
export const isKind = (s: string) => s.length <= 40 && /^[a-z_]+\.[a-z_]+$/.test(s)
export const isStatementId = (s: string) => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(s)

/** origins and key names are printable ASCII, so that no two look alike. */
export const isName = (s: string) => /^[!-*,-~]+$/.test(s)
export const isOrigin = (s: string) => isName(s) && s.length <= 200

const zone = 8 * 3600

/** parseAt reads a signed time, `2025-11-10T09:00:00+08:00`, as unix s; null for all else. */
export function parseAt(s: string): number | null {
  const f = /^(20|21)(\d\d)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\+08:00$/.exec(s)
  if (!f) return null
  const [year, month, day, hour, minute, second] = [Number(f[1] + f[2]), ...f.slice(3).map(Number)]
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  const d = new Date(ms)
  if (d.getUTCMonth() !== month - 1 || d.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return null
  return ms / 1000 - zone
}

/** formatAt is the inverse. */
export const formatAt = (unix: number) => new Date((unix + zone) * 1000).toISOString().slice(0, 19) + '+08:00'

/** clock is an instant (unix ms) for people. */
export const clock = (ms: number) => formatAt(Math.floor(ms / 1000)).replace('T', ' ')
