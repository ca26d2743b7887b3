/** codeIn takes the code out of a link's fragment, which never reaches a server log. What is badly escaped is no code of ours, and refused as it stands. */
export function codeIn(hash: string): string {
  const text = hash.replace(/^#/, '')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
