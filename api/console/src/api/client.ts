import createClient, { type Middleware } from 'openapi-fetch'
import { htmlLang, spoken } from '../i18n/lang'
import { save } from '../util/save'
import { freshUlid } from '../util/ulid'
import { Problem } from './problem'
import { reading } from './reading'
import type { components, paths } from './schema'

type Schemas = components['schemas']
export type RecordRow = Schemas['RecordRow']
export type RecordFull = Schemas['Record']
export type Option = Schemas['Option']
export type Deadline = Schemas['Deadline']
export type Entry = Schemas['Entry']
export type Receipt = Schemas['Receipt']
export type LedgerReceipt = Schemas['LedgerReceipt']
export type NodeStatus = Schemas['NodeStatus']
export type Draw = Schemas['Draw']
export type PoolSearch = Schemas['PoolSearch']
export type PoolMember = Schemas['PoolMember']
export type Org = Schemas['Org']
export type Rule = Schemas['Rule']

/** Stamp says what of the ledger an answer was read from. */
export interface Stamp {
  size: number
  ageMs: number
  at: number // performance.now() when it arrived
}

let stamped: (stamp: Stamp) => void = () => {}
let ended: () => void = () => {}

/** listen tells the frame what answers say of the ledger, and when the session is over. */
export function listen(on: { stamped: typeof stamped; ended: typeof ended }) {
  stamped = on.stamped
  ended = on.ended
}

/** over says that the session has ended, for what does not ask through got. */
export const over = () => ended()

const asEverywhere: Middleware = {
  onRequest({ request }) {
    request.headers.set('Accept-Language', htmlLang(spoken()))
    return request
  },
  onResponse({ response }) {
    const size = response.headers.get('Ledger-Index')
    const age = response.headers.get('Ledger-Age-Ms')
    if (size !== null && age !== null) stamped({ size: Number(size), ageMs: Number(age), at: performance.now() })
  },
}

// Lists in a query are written with commas, as the API describes them.
export const api = createClient<paths>({ baseUrl: location.origin, querySerializer: { array: { style: 'form', explode: false } } })
api.use(asEverywhere)
api.use(reading)

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** got gives what was asked for, or throws a Problem. */
export async function got<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await reached(asked)
  if (response.ok) return data as T
  if (response.status === 401) ended()
  throw new Problem(response.status, (error ?? {}) as object)
}

async function reached<T>(asked: Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await asked
  } catch {
    throw new Problem(0, {}) // no answer at all
  }
}

export interface Written {
  receipt: Receipt
  record: string
}

/** open starts a record. The key is the statement's id: sent again, it is the same act. */
export async function open(procedure: string, role: string, fields: object, key: string): Promise<Written> {
  const receipt = await got(
    api.POST('/v1/records', { params: { header: { 'Idempotency-Key': key } }, body: { procedure, role, fields } as never }),
  )
  return { receipt, record: receipt.record ?? '' }
}

/** act makes an event happen to the version of a record that was looked at. */
export async function act(record: RecordFull, event: string, role: string, fields: object, key: string): Promise<Written> {
  const receipt = await got(
    api.POST('/v1/records/{id}/events', {
      params: { path: { id: record.id }, header: { 'Idempotency-Key': key, 'If-Match': `"${record.head}"` } },
      body: { event, role, fields } as never,
    }),
  )
  return { receipt, record: record.id }
}

/** settled waits for the ledger's answer to a promised statement. */
export async function settled(id: string): Promise<Receipt> {
  for (;;) {
    const receipt = await got(api.GET('/v1/statements/{id}', { params: { path: { id } } }))
    if (receipt.status !== 'pending') return receipt
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

/** taken gives the receipt of what the ledger has taken up, once it has; what it refused is a Problem. */
export async function taken(receipt: Receipt): Promise<Receipt> {
  if (receipt.status !== 'pending') return receipt
  const answer = await settled(receipt.id)
  if (answer.status === 'committed') return answer
  throw new Problem(409, { code: answer.refusal?.code, title: answer.refusal?.[spoken()], cite: answer.refusal?.cite })
}

/** bring takes the pool or the rule of a draw to the node, which keeps it by its digest. */
export async function bring(text: string): Promise<Schemas['DrawText']> {
  let response: Response
  try {
    response = await fetch('/v1/draws/texts', {
      method: 'PUT',
      headers: { 'Content-Type': 'application/octet-stream', 'Accept-Language': htmlLang(spoken()) },
      body: text,
    })
  } catch {
    throw new Problem(0, {})
  }
  const body: unknown = await response.json().catch(() => ({}))
  if (response.status === 401) ended()
  if (!response.ok) throw new Problem(response.status, body as object)
  return body as Schemas['DrawText']
}

export interface Kept {
  commitment: string
  size: number
}

/**
 * bytes asks for something that is not JSON, or sends it: a file there, a file back. A
 * refusal is a Problem, as everywhere.
 */
export async function bytes(method: 'GET' | 'POST' | 'PUT', path: string, body?: Blob, headers: Record<string, string> = {}): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers: { 'Accept-Language': htmlLang(spoken()), ...(body ? { 'Content-Type': 'application/octet-stream' } : {}), ...headers },
      body,
    })
  } catch {
    throw new Problem(0, {})
  }
  if (response.status === 401) ended()
  if (!response.ok) throw new Problem(response.status, (await response.json().catch(() => ({}))) as object)
  return response
}

/** nameOf is what an answer's file is to be called. */
export function nameOf(response: Response, otherwise: string): string {
  const said = /filename(?:="([^"]+)"|\*=UTF-8''([^;]+))/.exec(response.headers.get('Content-Disposition') ?? '')
  return said?.[1] ?? (said?.[2] ? decodeURIComponent(said[2]) : otherwise)
}

/** download fetches a file in the language of the page, which a plain link would not, and gives it to the person. */
export async function download(path: string, otherwise: string) {
  const response = await bytes('GET', path)
  save(await response.blob(), nameOf(response, otherwise))
}

/** keep puts a file into the bureau's vault. The file's name stays at home. */
export async function keep(file: File): Promise<Kept> {
  const response = await bytes('PUT', '/v1/materials', file, {
    'Idempotency-Key': freshUlid(),
    'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
  })
  return (await response.json()) as Kept
}
