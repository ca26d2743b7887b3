/** target is where a search leads: to the record that was named, or to a list. */
export function target(text: string): string | null {
  const wanted = text.trim()
  if (wanted === '') return null
  const id = wanted.toUpperCase()
  if (/^[A-Z]{2}-\d{6}-\d{4}-\d{6}$/.test(id)) return `/record/${id}`
  return `/records?text=${encodeURIComponent(wanted)}`
}
