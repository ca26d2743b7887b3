import { known, type Key } from '../i18n/dict'

/** FieldError is one wrong field of a request. */
export interface FieldError {
  location: string
  code: string
  message: string
}

interface Body {
  status?: number
  code?: string
  title?: string
  detail?: string
  cite?: string
  params?: Record<string, string>
  errors?: FieldError[]
}

/** Problem is a refusal (RFC 9457), or the absence of an answer (status 0). */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly cite: string
  readonly detail: string // in the words of the machine: for whoever asked with a filter of his own
  readonly params: Record<string, string>
  readonly errors: FieldError[]

  constructor(status: number, body: Body) {
    super(body.title ?? '')
    this.status = status
    this.code = body.code ?? (status === 0 ? 'network' : 'unexpected')
    this.cite = body.cite ?? ''
    this.detail = body.detail ?? ''
    this.params = body.params ?? {}
    this.errors = body.errors ?? []
  }
}

export const problemOf = (err: unknown): Problem => (err instanceof Problem ? err : new Problem(0, {}))

/** shared are the mends of several codes; a code that stands in none has its own, mend.CODE. */
const shared: Partial<Record<Key, string[]>> = {
  'mend.again': ['unavailable', 'overloaded', 'ledger_stale', 'not_ready', 'request_timeout', 'too_many_subscribers'],
  'mend.tell': [
    'internal', 'unexpected', 'bad_request', 'method_not_allowed', 'length_required', 'uri_too_long', 'headers_too_large', 'unsupported_media_type', 'unsupported_encoding', 'expectation_failed',
    'malformed_body', 'unknown_parameter', 'repeated_parameter', 'unknown_field', 'one_of_these', 'idempotency_key_required', 'idempotency_key_malformed', 'idempotency_key_reused',
    'idempotency_key_differs', 'precondition_required', 'etag_malformed', 'statement_invalid', 'wrong_network',
  ],
  'mend.fields': ['validation_failed', 'missing', 'wrong_type', 'out_of_range', 'too_long', 'not_one_of', 'bad_format', 'bad_text', 'cell_invalid'],
  'mend.office': ['forbidden'],
  'mend.signin': ['unauthorized', 'session_ended'],
  'mend.upload': ['material_missing', 'digest_mismatch'],
  'mend.precondition_failed': ['stale_prev', 'wrong_state'], // what the ledger and the engine call it
  'mend.early': ['not_due', 'too_early', 'not_met'],
  'mend.not_found': ['unknown_record'],
  'mend.clock': ['signed_too_old', 'signed_ahead'],
  'mend.key': ['unknown_key', 'key_not_valid', 'wrong_key_use', 'bad_signature'],
}

const mends = new Map(Object.entries(shared).flatMap(([key, codes]) => codes.map((code) => [code, key as Key] as const)))

/** byStatus are the mends of codes that the console never heard of: those of laws and of newer nodes. */
const byStatus: Record<number, Key> = { 401: 'mend.signin', 403: 'mend.office', 404: 'mend.not_found', 409: 'mend.other', 412: 'mend.precondition_failed', 413: 'mend.body_too_large', 422: 'mend.other', 429: 'mend.too_many_requests', 503: 'mend.again' }

/** ownMend is the mend that is meant for a code. */
export function ownMend(code: string): Key | undefined {
  const key = `mend.${code}`
  return known(key) ? key : mends.get(code)
}

/**
 * mendOf names the text that says what to do about a refusal; every refusal has one. A
 * refusal of the law carries its article; what to do follows from its own text.
 */
export const mendOf = (problem: Problem): Key => ownMend(problem.code) ?? (problem.cite ? 'mend.law' : (byStatus[problem.status] ?? 'mend.tell'))

/** fieldErrors sorts a refusal's errors by the field of the form they belong to. */
export function fieldErrors(problem: Problem): Record<string, string> {
  const out: Record<string, string> = {}
  for (const e of problem.errors) {
    const found = /^body\.fields\.([a-z0-9_]+)(.*)$/.exec(e.location)
    if (!found) continue
    const [, name, rest] = found
    const text = rest && !e.message.includes(rest) ? `${rest.replace(/^\./, '')}: ${e.message}` : e.message
    out[name] = out[name] ? `${out[name]}; ${text}` : text
  }
  return out
}
