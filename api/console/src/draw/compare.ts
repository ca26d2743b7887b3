// What a draw's record says, held against what comes out when it is drawn again.
import type { Draw } from '../api/client'
import { messageOf, rank, rankingText, reservesOf, seedOf, selectedOf, signed, type Ranked } from './again'
import { digestOf } from './digest'
import type { Again, Finding, Said, Verdict } from './finding'
import { eligible, parsePool, parseRule, percent, selects, Unreadable, type Pool, type Rule } from './text'

/**
 * again draws a record's draw again from the two texts and compares all of it. It
 * goes on after a difference, so that everything that differs is named. `step` hears
 * of each stage as it begins: 0 up to `stages(d)`.
 */
export function again(d: Draw, poolText: string, ruleText: string, step: (n: number) => void = () => undefined): Again {
  const findings: Finding[] = []
  const find = (part: Finding['part'], verdict: Verdict, say: Said, more: Finding['with'] = {}) => void findings.push({ part, verdict, say, with: more })
  let stage = 0
  step(stage)
  const pool = read(find, 'pool', d.pool.digest, poolText, parsePool)
  const rule = read(find, 'rule', d.rule.digest, ruleText, parseRule)
  if (pool) comparePool(find, d, pool)
  if (rule) compareRule(find, d, rule, pool)
  const whole = compareContributions(find, d, () => step(++stage))
  step(++stage)
  const seed = whole ? seedOf(whole) : undefined
  if (!seed) find('seed', 'open', 'skipped')
  else if (!d.outcome) find('seed', 'open', 'pending')
  else if (d.outcome.seed === seed) find('seed', 'agrees', 'same', { digest: short(seed) })
  else find('seed', 'differs', 'seed', { recorded: short(d.outcome.seed), here: short(seed) })
  step(++stage)
  const possible = pool && rule && seed && drawable(find, pool, rule)
  if (!possible) {
    for (const part of ['ranking', 'selected', 'reserves'] as const) if (!findings.some((f) => f.part === part)) find(part, 'open', 'skipped')
    return { findings, strata: [] }
  }
  const strata = rank(pool, rule, seed)
  const ranking = digestOf(rankingText(d.id, seed, strata))
  compareOutcome(find, d, pool, ranking, strata)
  return { findings, strata, ranking }
}

/** stages is how often `step` is heard after the first. */
export const stages = (d: Draw) => (d.regions?.length ?? 0) + 2

type Find = (part: Finding['part'], verdict: Verdict, say: Said, more?: Finding['with']) => void

const short = (digest: string) => digest.slice(0, 16) + '…'

/** read holds a text against its digest and reads it. */
function read<T>(find: Find, part: 'pool' | 'rule', digest: string, text: string, parse: (text: string) => T): T | undefined {
  const here = digestOf(text)
  if (here === digest) find(part, 'agrees', 'same', { digest: short(digest) })
  else find(part, 'differs', 'digest', { recorded: short(digest), here: short(here) })
  try {
    return parse(text)
  } catch (err) {
    find(part, 'differs', 'unreadable', { line: err instanceof Unreadable ? err.line : 0 })
    return undefined
  }
}

function comparePool(find: Find, d: Draw, pool: Pool) {
  if (d.count !== 0 && d.count !== pool.length) find('pool', 'differs', 'count', { recorded: d.count, here: pool.length })
  const recorded = new Map((d.exclusions ?? []).map((e) => [e.id, e.reason]))
  const here = new Map(pool.filter((c) => c.excluded !== '').map((c) => [c.id, c.excluded]))
  for (const id of new Set([...recorded.keys(), ...here.keys()])) {
    if (recorded.get(id) !== here.get(id)) find('pool', 'differs', 'excluded', { id, recorded: recorded.get(id) ?? '—', here: here.get(id) ?? '—' })
  }
}

function compareRule(find: Find, d: Draw, rule: Rule, pool: Pool | undefined) {
  const written = (q: { number?: number; rate?: string } | undefined) => (!q ? '—' : q.rate ? `${q.rate} %` : String(q.number ?? 0))
  const recorded = new Map((d.strata ?? []).map((s) => [s.stratum, written(s)]))
  const here = new Map(rule.quotas.map((q) => [q.stratum, written({ number: q.number, rate: q.rate > 0 ? percent(q.rate) : '' })]))
  for (const stratum of new Set([...recorded.keys(), ...here.keys()])) {
    const [a, b] = [recorded.get(stratum) ?? '—', here.get(stratum) ?? '—']
    if (a !== b) find('rule', 'differs', 'quotas', { stratum, recorded: a, here: b })
  }
  for (const [a, b] of [[d.kind, rule.kind], [d.exclusion_rule, rule.exclusions]]) if (a !== '' && a !== b) find('rule', 'differs', 'kind', { recorded: a, here: b })
  if (!pool) return
  const total = rule.quotas.reduce((n, q) => n + selects(q, eligible(pool, q.stratum).length), 0)
  if (d.quota !== 0 && d.quota !== total) find('rule', 'differs', 'total', { recorded: d.quota, here: total })
}

/** compareContributions verifies each region's signature; it gives them when all are there and hold. */
function compareContributions(find: Find, d: Draw, step: () => void) {
  const message = messageOf({ network: d.network, draw: d.id, pool: d.pool.digest, rule: d.rule.digest })
  const held: { region: string; signature: string }[] = []
  for (const r of d.regions ?? []) {
    step()
    const late = d.outcome ? 'differs' : 'open'
    if (!r.contribution) find('contributions', late, 'missing', { region: r.region })
    else if (!r.public) find('contributions', 'differs', 'keyless', { region: r.region })
    else if (!signed(message, r.contribution, r.public)) find('contributions', 'differs', 'forged', { region: r.region })
    else {
      find('contributions', 'agrees', 'signed', { region: r.region, key: r.key ?? '' })
      held.push({ region: r.region, signature: r.contribution })
    }
  }
  // A signature that does not hold was counted into the recorded seed, too; drawing on
  // with it shows whether anything else differs.
  const given = (d.regions ?? []).flatMap((r) => (r.contribution && /^([0-9a-f]{2})+$/.test(r.contribution) ? [{ region: r.region, signature: r.contribution }] : []))
  return held.length === (d.regions ?? []).length && held.length > 0 ? held : d.outcome && given.length > 0 ? given : undefined
}

/** drawable says whether every candidate has a quota and every quota a candidate. */
function drawable(find: Find, pool: Pool, rule: Rule): boolean {
  const quotas = new Set(rule.quotas.map((q) => q.stratum))
  const strange = pool.find((c) => !quotas.has(c.stratum))
  if (strange) find('ranking', 'differs', 'noquota', { stratum: strange.stratum, id: strange.id })
  const empty = rule.quotas.find((q) => eligible(pool, q.stratum).length === 0)
  if (empty) find('ranking', 'differs', 'nobody', { stratum: empty.stratum })
  return !strange && !empty
}

function compareOutcome(find: Find, d: Draw, pool: Pool, here: string, strata: Ranked[]) {
  if (!d.outcome) {
    for (const part of ['ranking', 'selected', 'reserves'] as const) find(part, 'open', 'pending')
    return
  }
  if (here === d.outcome.ranking) find('ranking', 'agrees', 'same', { digest: short(here) })
  else find('ranking', 'differs', 'order', { recorded: short(d.outcome.ranking), here: short(here) })
  compareList(find, 'selected', pool, d.outcome.selected ?? [], selectedOf(strata))
  compareList(find, 'reserves', pool, d.outcome.reserves ?? [], reservesOf(strata))
}

/** compareList names the first place at which two lists part, and who of the recorded is in no pool. */
function compareList(find: Find, part: 'selected' | 'reserves', pool: Pool, recorded: string[], here: string[]) {
  const known = new Set(pool.filter((c) => c.excluded === '').map((c) => c.id))
  for (const id of recorded) if (!known.has(id)) find(part, 'differs', 'notinpool', { id })
  const n = Math.max(recorded.length, here.length)
  for (let i = 0; i < n; i++) {
    if (recorded[i] !== here[i]) return find(part, 'differs', 'place', { n: i + 1, recorded: recorded[i] ?? '—', here: here[i] ?? '—' })
  }
  find(part, 'agrees', 'all', { n })
}
