// What the screens of mutual inspection know of their procedures: names of the
// procedures, of the fields that a screen puts in a place of its own, and of the acts
// whose forms begin with what is surely right. All labels come from the law.
import type { RecordFull } from '../api/client'
import type { FormValue, FormValues } from '../form/model'
import { daysBetween } from '../util/time'

export const assignment = 'assignment'
export const plan = 'mi_plan'
export const draw = 'draw'

/** The states of a plan in which draws, and then assignments, are made; the law refuses them in others. */
export const drawsIn = ['agreed']
export const assignsIn = ['drawn', 'running']

/** What lists show of each. */
export const shownOfAssignments = ['target_name', 'assignment_no', 'window_from', 'window_to', 'host_org']
export const shownOfPlans = ['title', 'plan_no', 'period_from', 'period_to']

/** Appended is an item of a collection: what an act has added. */
export interface Appended {
  at: number // s
  org: string
  value: string
}

export interface Officer {
  cert_no: string
  person?: string
}

export interface MissionFields {
  plan?: string
  target_draw?: string
  expert_draw?: string
  checklist_ref?: string
  target_name?: string
  target_uscc?: string
  assignment_no?: string
  host_org?: string
  lead_org?: string
  team_lead?: string
  experts?: string[]
  host_officers?: Officer[]
  window_from?: string
  window_to?: string
  recused?: string
  substitute?: string
  reason_code?: string
  recusal_evidence?: string
  substitutions?: Appended[]
  passed_over?: Appended[]
  answers?: Answer[]
  findings?: { id: string }[]
  disputed_ids?: string[]
}

export interface Answer {
  item_id: string
  result: string
  note?: string
}

export const missionOf = (record: RecordFull) => record.fields as MissionFields

/** What stands on the page in cards of its own; the rest of the content follows below. */
export const placed = [
  'plan', 'target_draw', 'expert_draw', 'checklist_ref', 'target_name', 'target_uscc', 'assignment_no', 'host_org', 'lead_org', 'team_lead', 'experts', 'host_officers', 'window_from', 'window_to',
  'recused', 'substitute', 'reason_code', 'recusal_evidence', 'substitutions', 'passed_over', 'answers', 'passed', 'region_orgs', 'field', 'cma_no',
]

export interface PlanFields {
  title?: string
  plan_no?: string
  field?: string
  hosts?: { region: string; catalogue: string; size: number; quota: number }[]
  rota?: { host: string; lead: string }[]
  region_orgs?: string[]
  checklist_ref?: string
  expert_quota?: number
}

export const planOf = (record: RecordFull) => record.fields as PlanFields

export interface ChecklistItem {
  id: string
  text: string
  clause: string
  evidence?: string
}

export const itemsOf = (checklist: RecordFull | undefined) => (checklist?.fields as { items?: ChecklistItem[] } | undefined)?.items ?? []

/** Window is where today lies to the days of a visit; days are whole. */
export type Window = { when: 'before' | 'after'; days: number } | { when: 'during'; day: number; of: number }

export function windowOf(from: string | undefined, to: string | undefined, today: string): Window | undefined {
  if (!from || !to || !today) return undefined
  const ahead = daysBetween(today, from)
  if (ahead > 0) return { when: 'before', days: ahead }
  const behind = daysBetween(to, today)
  if (behind > 0) return { when: 'after', days: behind }
  return { when: 'during', day: 1 - ahead, of: daysBetween(from, to) + 1 }
}

export interface Substitution {
  passed: boolean // passed over, did not step in
  instead?: string // whose place it took
  reason?: string // code, as far as the record still says
  evidence?: string
}

/**
 * substitutionOf is what became of a reserve in an assignment. The record keeps the
 * reason of the latest act only; earlier ones stand in its timeline.
 */
export function substitutionOf(record: RecordFull, id: string): Substitution | undefined {
  const f = missionOf(record)
  const passed = f.passed_over ?? []
  const why = { reason: f.reason_code, evidence: f.recusal_evidence }
  if (passed.some((p) => p.value === id)) return { passed: true, ...(passed[passed.length - 1].value === id && why) }
  if (!f.substitutions?.some((s) => s.value === id)) return undefined
  const latest = f.substitute === id
  return { passed: false, ...(latest && { instead: f.recused }), ...(latest && passed.length === 0 && why) }
}

export interface Drawn {
  selected: string[]
  reserves: string[]
  taken: string[]
}

/** nextReserve is who is next in rank and has not been asked yet. */
export const nextReserve = (d: Drawn | undefined): string | undefined => d?.reserves.find((id) => !d.taken.includes(id))

/** place is how an expert came into the team: drawn at a rank, or a reserve at a rank; 1 is the first. */
export function place(d: Drawn | undefined, id: string): { as: 'selected' | 'reserve'; rank: number } | undefined {
  const rank = d?.selected.indexOf(id) ?? -1
  if (rank >= 0) return { as: 'selected', rank: rank + 1 }
  const reserve = d?.reserves.indexOf(id) ?? -1
  return reserve >= 0 ? { as: 'reserve', rank: reserve + 1 } : undefined
}

export interface Around {
  experts?: Drawn // the draw of experts
  checklist?: ChecklistItem[]
  plan?: PlanFields
  now: string // RFC 3339
}

/**
 * begun is what stands in the forms of an assignment to begin with, by act: what
 * follows from the record itself. Whoever signs sees it and may change it.
 */
export function begun(record: RecordFull, around: Around): Record<string, FormValues> {
  const f = missionOf(record)
  const next = nextReserve(around.experts)
  const officers = (f.host_officers ?? []).map((o): FormValue => ({ cert_no: o.cert_no, person: o.person }))
  const of = (values: Record<string, FormValue | undefined>): FormValues => Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined && !(Array.isArray(v) && v.length === 0)))
  return {
    notify: of({ experts: around.experts?.selected, checklist_ref: around.plan?.checklist_ref }),
    accept: of({ recusal_declared_at: around.now.slice(0, 10) }),
    pass_over: of({ passed: next }),
    next_ranked: of({ substitute: next, experts: next && f.recused ? (f.experts ?? []).map((e) => (e === f.recused ? next : e)) : undefined }),
    start_onsite: of({ arrival_time: around.now.slice(0, 16), officers_present: officers }),
    submit_findings: of({ answers: (around.checklist ?? []).map((item): FormValue => ({ item_id: item.id })) }),
    confirm: of({ host_opinions: (f.findings ?? []).map((x): FormValue => ({ finding_id: x.id })) }),
    resolve: of({ resolutions: (f.disputed_ids ?? []).map((id): FormValue => ({ finding_id: id })) }),
  }
}
