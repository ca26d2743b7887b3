import { recordId } from '../util/recordid'

/** target is where a search leads: to the record that was named, or to a list. */
export function target(text: string): string | null {
  const wanted = text.trim()
  if (wanted === '') return null
  const id = recordId(wanted)
  return id ? `/record/${id}` : `/records?text=${encodeURIComponent(wanted)}`
}
