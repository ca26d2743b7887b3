// The texts that a draw freezes, as consensus/draw writes them: a pool of candidates
// and a rule of quotas. Both have one spelling; whatever else comes is refused by
// line, so that a digest stands for one meaning only.

export interface Candidate {
  stratum: string
  id: string
  excluded: string // reason code; '' for none
}

export type Pool = Candidate[]

/** Quota is how many of a stratum are selected: a number, or a rate in ten-thousandths. One of them is 0. */
export interface Quota {
  stratum: string
  number: number
  rate: number
}

export interface Rule {
  kind: string
  exclusions: string // version of the rules by which candidates were excluded
  quotas: Quota[]
}

// Limits of consensus/draw.
export const maxFile = 16 << 20 // bytes
const maxCandidates = 100_000
const maxStrata = 1_000
const maxName = 64 // bytes
const maxStratum = 120 // bytes
const basisPoints = 10_000

/** Unreadable is a text that is none of these, with the line that is at fault (1 is the first). */
export class Unreadable extends Error {
  constructor(readonly line: number) {
    super(`line ${line} cannot be read`)
  }
}

const utf8 = new TextEncoder()

const isName = (s: string) => s.length <= maxName && /^[0-9A-Za-z._-]+$/.test(s)

/** A stratum is a word in any script of the basic plane: there, UTF-16 sorts as UTF-8 does. */
const isStratum = (s: string) => /^[\p{L}\p{Nd}._-]+$/u.test(s) && !/[\ud800-\udfff]/.test(s) && utf8.encode(s).length <= maxStratum

function linesOf(text: string, format: string, most: number): string[] {
  const lines = text.split('\n')
  if (lines[0] !== format || lines.pop() !== '') throw new Unreadable(1)
  if (lines.length - 1 > most) throw new Unreadable(most + 2)
  return lines.slice(1)
}

/** parsePool reads exactly what the node writes (sandi-pool/1). */
export function parsePool(text: string): Pool {
  const lines = linesOf(text, 'sandi-pool/1', maxCandidates)
  if (lines.length === 0) throw new Unreadable(2)
  const seen = new Set<string>()
  return lines.map((line, i, all) => {
    const [stratum, id, excluded, ...rest] = line.split(' ')
    const before = i > 0 ? all[i - 1].split(' ') : undefined
    const ordered = !before || before[0] < stratum || (before[0] === stratum && before[1] < (id ?? ''))
    const named = isStratum(stratum) && id !== undefined && isName(id) && (excluded === undefined || isName(excluded))
    if (!named || rest.length > 0 || !ordered || seen.has(id)) throw new Unreadable(i + 2)
    seen.add(id)
    return { stratum, id, excluded: excluded ?? '' }
  })
}

/** parseRule reads exactly what the node writes (sandi-draw-rule/1). */
export function parseRule(text: string): Rule {
  const lines = linesOf(text, 'sandi-draw-rule/1', maxStrata + 2)
  const word = (i: number, name: string) => {
    const value = lines[i]?.startsWith(name + ' ') ? lines[i].slice(name.length + 1) : ''
    if (!isName(value)) throw new Unreadable(i + 2)
    return value
  }
  const rule: Rule = { kind: word(0, 'kind'), exclusions: word(1, 'exclusions'), quotas: [] }
  if (lines.length < 3) throw new Unreadable(4)
  lines.slice(2).forEach((line, i) => {
    const found = /^(\S+) (number|rate) ([1-9]\d{0,5})$/.exec(line)
    const before = rule.quotas[rule.quotas.length - 1]
    const n = Number(found?.[3])
    if (!found || !isStratum(found[1]) || (before && before.stratum >= found[1]) || n > (found[2] === 'rate' ? basisPoints : maxCandidates)) throw new Unreadable(i + 4)
    rule.quotas.push({ stratum: found[1], number: found[2] === 'number' ? n : 0, rate: found[2] === 'rate' ? n : 0 })
  })
  return rule
}

/** writePool writes candidates in the one order that a pool has. */
export function writePool(list: Pool): string {
  const less = (a: Candidate, b: Candidate) => (a.stratum < b.stratum || (a.stratum === b.stratum && a.id < b.id) ? -1 : 1)
  return 'sandi-pool/1\n' + [...list].sort(less).map((c) => `${c.stratum} ${c.id}${c.excluded && ' ' + c.excluded}\n`).join('')
}

export function writeRule(rule: Rule): string {
  const quotas = [...rule.quotas].sort((a, b) => (a.stratum < b.stratum ? -1 : 1))
  return `sandi-draw-rule/1\nkind ${rule.kind}\nexclusions ${rule.exclusions}\n` + quotas.map((q) => `${q.stratum} ${q.rate > 0 ? `rate ${q.rate}` : `number ${q.number}`}\n`).join('')
}

export const eligible = (pool: Pool, stratum: string): string[] => pool.filter((c) => c.stratum === stratum && c.excluded === '').map((c) => c.id)

/** selects is how many of n a quota selects: a rate is rounded up, and never more than there are. */
export const selects = (q: Quota, n: number): number => (q.rate > 0 ? Math.floor((n * q.rate + basisPoints - 1) / basisPoints) : Math.min(q.number, n))

/** percent writes a rate as a record keeps it: 3000 is "30.00". */
export const percent = (rate: number): string => (rate / 100).toFixed(2)
