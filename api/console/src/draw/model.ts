// What the screens of draws know of their procedure: its name, its freezing act and the
// fields that stand in no answer of /v1/draws.
import type { RecordFull } from '../api/client'
import type { FormValues } from '../form/model'
import { digestOf } from './digest'
import { eligible, percent, selects, type Pool, type Quota, type Rule, writePool, writeRule } from './text'

export const procedure = 'draw'
export const freezing = 'freeze'
export const denying = 'mismatch' // a region says that it has drawn another ranking

/** What a list of draws shows of each. */
export const shown = ['draw_no', 'plan', 'kind', 'stratum']

export interface DrawFields {
  draw_no?: string
  plan?: string
  kind?: string
  stratum?: string
  pool_taken_at?: string
  predecessor?: string
  second_reason?: string
  proof?: string
  contributions?: { at: number; org: string }[]
}

export const fieldsOf = (record: RecordFull) => record.fields as DrawFields

/** What the law calls the limit for contributions. */
export const contributing = 'contribution_time'

/** isRecord tells an expert's record from an enterprise's credit code. */
export const isRecord = (id: string) => /^[A-Z]{2}-\d{6}-\d{4}-\d+$/.test(id)

/** Line is a candidate as somebody types or pastes it. */
export interface Typed {
  pool: Pool
  wrong: number[] // lines that say nothing, 1 is the first
}

/**
 * typed reads candidates line by line: stratum, id and, for who is excluded, the reason,
 * parted by blanks, commas or tabs, in any order of lines. A pool's own first line is
 * passed over, so that its file can be pasted.
 */
export function typed(text: string): Typed {
  const out: Typed = { pool: [], wrong: [] }
  const seen = new Set<string>()
  text.split(/\r?\n/).forEach((line, i) => {
    const words = line.replace(/^\ufeff/, '').split(/[\s,，;；]+/).filter((w) => w !== '')
    if (words.length === 0 || words[0] === 'sandi-pool/1') return
    const [stratum, id, excluded = ''] = words
    const good = words.length >= 2 && words.length <= 3 && /^[\p{L}\p{Nd}._-]{1,40}$/u.test(stratum) && /^[0-9A-Za-z._-]{1,64}$/.test(id) && (excluded === '' || /^[a-z_]{1,64}$/.test(excluded))
    if (!good || seen.has(id)) {
      out.wrong.push(i + 1)
      return
    }
    seen.add(id)
    out.pool.push({ stratum, id, excluded })
  })
  return out
}

export const strataOf = (pool: Pool): string[] => [...new Set(pool.map((c) => c.stratum))].sort((a, b) => (a < b ? -1 : 1))

/** quotaOf reads a quota as it is typed: "3", or "30%" of those who may be drawn; undefined when it is neither. */
export function quotaOf(stratum: string, text: string): Quota | undefined {
  const rate = /^(\d{1,3}(?:\.\d{1,2})?)\s*[%％]$/.exec(text.trim())
  if (rate) {
    const points = Math.round(Number(rate[1]) * 100)
    return points >= 1 && points <= 10_000 ? { stratum, number: 0, rate: points } : undefined
  }
  const n = /^[1-9]\d{0,4}$/.test(text.trim()) ? Number(text.trim()) : 0
  return n > 0 ? { stratum, number: n, rate: 0 } : undefined
}

export interface Frozen {
  pool: string
  rule: string
  form: FormValues
}

/** frozen is what freezes a pool and a rule: the two texts, and the form that states their digests. */
export function frozen(pool: Pool, rule: Rule, takenAt: string): Frozen {
  const texts = { pool: writePool(pool), rule: writeRule(rule) }
  const total = rule.quotas.reduce((n, q) => n + selects(q, eligible(pool, q.stratum).length), 0)
  const away = pool.filter((c) => c.excluded !== '')
  return {
    ...texts,
    form: {
      pool_hash: digestOf(texts.pool), rule_hash: digestOf(texts.rule), pool_count: String(pool.length), pool_taken_at: takenAt, quota: String(total),
      exclusion_rule_version: rule.exclusions,
      strata: rule.quotas.map((q) => (q.rate > 0 ? { key: q.stratum, rate: percent(q.rate) } : { key: q.stratum, n: String(q.number) })),
      exclusions: away.length > 0 ? away.map((c) => ({ item: c.id, reason: c.excluded })) : undefined,
    },
  }
}
