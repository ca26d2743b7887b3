import { structuredPatch } from 'diff'

/** Row is one line of a comparison; a gap stands for lines that are alike. */
export interface Row {
  kind: 'same' | 'out' | 'in' | 'gap'
  text: string
  old?: number // line numbers
  fresh?: number
}

/** lines around a change that are shown, too */
const context = 3

/** compare is what a text changes in another, line by line. */
export function compare(before: string, after: string): Row[] {
  const rows: Row[] = []
  for (const hunk of structuredPatch('', '', before, after, '', '', { context }).hunks) {
    let [old, fresh] = [hunk.oldStart, hunk.newStart]
    if (old > 1 || rows.length > 0) rows.push({ kind: 'gap', text: '' })
    for (const line of hunk.lines) {
      const text = line.slice(1)
      if (line.startsWith('-')) rows.push({ kind: 'out', text, old: old++ })
      else if (line.startsWith('+')) rows.push({ kind: 'in', text, fresh: fresh++ })
      else if (line.startsWith(' ')) rows.push({ kind: 'same', text, old: old++, fresh: fresh++ })
    }
  }
  return rows
}
