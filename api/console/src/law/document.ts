import type { Label } from '../i18n/lang'

// The parts of a law document that screens are made of, as GET /v1/procedures/{name}
// serves them (consensus/procedure, type Document).

export interface Field extends Label {
  name?: string
  type: string
  see?: 'clear' | 'commit' | 'home'
  min?: number
  max?: number
  places?: number
  values?: Value[]
  of?: Field
  item?: string
  fields?: Field[]
  optional?: boolean
  known?: boolean
}

export interface Value extends Label {
  name: string
}

export interface Actor {
  party: string
  role: string
}

export interface Event {
  name: string
  title: Label
  from?: string[]
  to?: string
  by?: Actor[]
  four_eyes?: string[]
  require?: string[]
  optional?: string[]
  basis?: string[]
  auto?: string
}

/** Shares says what fields of a record about shared data sets mean, and who may load or ask (consensus/procedure, type Shares). */
export interface Shares {
  roles: string[]
  purposes?: string
}

export interface Document {
  name: string
  version: number
  prefix: string
  title: Label
  basis: string[]
  initial: string
  terminal: string[]
  states: ({ name: string } & Label)[]
  parties: ({ name: string; owner?: boolean } & Label)[]
  fields: Field[]
  open: Event
  events: Event[]
  deadlines: Limit[] | null
  shares?: Shares
}

/** Limit is a time limit: which acts start it, and by which rule it is counted. */
export interface Limit {
  name: string
  title: Label
  rule: string
  owner: string
  start: Start[]
  not_before?: boolean
  right?: boolean
}

/** Start says when the clock of a limit starts: with an act, or at the latest of the dates in fields. */
export interface Start {
  on: string[]
  fields?: string[]
  member?: string
  until?: string
  if?: string
}

export const fieldOf = (law: Document, name: string) => law.fields.find((f) => f.name === name)

/** titleOf is what an event is called, the opening included. */
export function titleOf(law: Document, event: string): Label | undefined {
  return event === 'open' ? law.open.title : law.events.find((e) => e.name === event)?.title
}

export const stateOf = (law: Document, name: string): Label | undefined => law.states.find((s) => s.name === name)

/** partyOf is what a party is called; one of several alike is named with its region, party@region. */
export const partyOf = (law: Document, name: string): Label | undefined => law.parties.find((p) => p.name === name.split('@')[0])

export const limitOf = (law: Document, name: string): Label | undefined => law.deadlines?.find((d) => d.name === name)?.title
