/** recordId reads the id of a record, however it was typed; null when the text is none. */
export function recordId(text: string): string | null {
  const id = text.trim().toUpperCase()
  return /^[A-Z]{2}-\d{6}-\d{4}-\d{6}$/.test(id) ? id : null
}
