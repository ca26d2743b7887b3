/** looksLikeHash reports whether a text may be the beginning of a hash: 8 hex digits or more, or a whole one in base64url. */
export const looksLikeHash = (s: string) => /^[0-9a-fA-F]{8,64}$/.test(s) || /^[A-Za-z0-9_-]{43}$/.test(s)

