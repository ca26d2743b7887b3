import type { components } from '../api/schema'

export type Exercise = components['schemas']['Exercise']
export type Step = components['schemas']['ExerciseStep']

/** Seen is a record with the events that have happened to it, as far as the person's region sees it. */
export interface Seen {
  id: string
  state: string
  events: { event: string; to?: string }[]
}

/**
 * passed: nothing on the ledger can tell, and the exercise went on after it;
 * part: some of its repetitions are done; hidden: between other regions, and the
 * exercise went on after it.
 */
export type Status = 'done' | 'part' | 'passed' | 'hidden' | 'next' | 'open'

export interface Progress {
  status: Status
  record?: string // of its first repetition
  done: number // repetitions
}

/** kinds are what has to be read to follow an exercise: which records, by procedure. */
export const kinds = (e: Exercise) => [...new Set(e.steps.flatMap((s) => (s.procedure && !s.refused ? [s.procedure] : [])))]

/**
 * variablesOf gives each name that an exercise has for a record the record that stands
 * for it: the first one that its steps open in a region is the first of that procedure
 * and region, the second the second, by their ids. ids are records by procedure.
 */
export function variablesOf(e: Exercise, ids: Record<string, string[]>): Record<string, string> {
  const left = new Map<string, string[]>()
  for (const [procedure, list] of Object.entries(ids))
    for (const id of [...list].sort()) {
      const key = `${procedure} ${id.split('-')[1]}`
      left.set(key, [...(left.get(key) ?? []), id])
    }
  const out: Record<string, string> = {}
  for (const s of e.steps) {
    if (!s.procedure || s.refused) continue
    for (const time of s.times) {
      const id = left.get(`${s.procedure} ${time.region}`)?.shift()
      if (id) out[time.record ?? ''] = id
    }
  }
  return out
}

/** followed are the names of records whose history has to be read: those that a step acts on or waits for. */
export const followed = (e: Exercise) => [...new Set(e.steps.flatMap((s) => (s.event || s.state ? s.times.map((time) => time.record ?? '') : [])))]

/** progressOf says of every step whether the ledger, as far as a region sees it, shows it done. The first that is not is next. */
export function progressOf(e: Exercise, variables: Record<string, string>, seen: Record<string, Seen>, viewer: string): Progress[] {
  const used = new Map<string, number>() // times that an event of a record was asked for
  const out = e.steps.map((s): Progress => {
    const told = (name: string | undefined) => seen[variables[name ?? ''] ?? '']
    const record = variables[s.times[0]?.record ?? '']
    if (s.refused || (!s.procedure && !s.event && !s.state)) return { status: 'open', record, done: 0 }
    let done = 0
    for (const time of s.times) {
      if (s.procedure) {
        if (variables[time.record ?? '']) done++
        continue
      }
      const of = told(time.record)
      if (s.state) {
        if (of && (of.state === s.state || of.events.some((x) => x.to === s.state))) done++
        continue
      }
      const key = `${time.record} ${s.event}`
      const nth = (used.get(key) ?? 0) + 1
      used.set(key, nth)
      if (of && of.events.filter((x) => x.event === s.event).length >= nth) done++
    }
    return { status: done === s.times.length ? 'done' : done > 0 ? 'part' : 'open', record, done }
  })
  const last = out.reduce((at, p, i) => (p.status === 'done' ? i : at), -1)
  const silent = (s: Step) => s.refused !== undefined || (!s.procedure && !s.event && !s.state)
  const own = new Set(e.steps.flatMap((s) => (s.procedure && !s.refused ? s.times.filter((time) => time.region === viewer).map((time) => time.record) : [])))
  e.steps.forEach((s, i) => {
    if (i > last || out[i].status !== 'open') return
    if (silent(s)) out[i].status = 'passed'
    else if (s.times.every((time) => !own.has(time.record) && !variables[time.record ?? ''])) out[i].status = 'hidden'
  })
  const remark = (s: Step) => silent(s) && !s.refused
  const next = out.findIndex((p, i) => p.status === 'part' || (p.status === 'open' && !remark(e.steps[i])))
  if (next >= 0 && out[next].status === 'open') out[next].status = 'next'
  e.steps.forEach((s, i) => {
    if (remark(s) && (next < 0 || i < next)) out[i].status = 'passed'
  })
  return out
}

/** filled is what a step says to fill in, with the ids of this exercise's records. */
export function filled(value: unknown, variables: Record<string, string>): string {
  if (typeof value === 'string') return value.replace(/^\$([a-z0-9_]+)$/i, (whole, name: string) => variables[name] ?? whole)
  if (Array.isArray(value)) return value.map((v) => filled(v, variables)).join('；')
  if (typeof value === 'object' && value !== null) return Object.values(value).map((v) => filled(v, variables)).join(' · ')
  return String(value)
}
