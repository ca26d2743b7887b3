// Which tours were seen, on this browser: marks, from which nobody's name can be read.

const storageKey = 'sandi-tours'

/** So many marks are kept; the oldest give way. */
const marksMax = 200

/** The marks of this page, where the browser keeps none. */
let held: string[] = []

/** markOf stands for a person in their offices: 32 bits of FNV-1a. Two that share one cost somebody a tour. */
export function markOf(region: string, person: string, roles: string[]): string {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode([region, person, ...[...roles].sort()].join('\n'))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash.toString(16).padStart(8, '0')
}

function kept(): string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '[]')
    return Array.isArray(list) ? list.filter((x): x is string => typeof x === 'string') : []
  } catch {
    return held // storage may be forbidden, or hold something else
  }
}

export const wasSeen = (mark: string) => kept().includes(mark) || held.includes(mark)

export function nowSeen(mark: string) {
  held = [...kept().filter((m) => m !== mark), mark].slice(-marksMax)
  try {
    localStorage.setItem(storageKey, JSON.stringify(held))
  } catch {
    // it then lasts as long as the page
  }
}
