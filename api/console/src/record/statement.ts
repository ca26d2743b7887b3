/** payloadOf is what a compact JWS says, as indented JSON; the text itself when it is none. */
export function payloadOf(jws: string): string {
  const part = jws.split('.')[1] ?? ''
  try {
    const bytes = Uint8Array.from(atob(part.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
    return JSON.stringify(JSON.parse(new TextDecoder().decode(bytes)), null, 2)
  } catch {
    return jws
  }
}
