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

/**
 * mendOf names the text that says what to do about a refusal. A refusal of the law
 * carries its article; what to do follows from its own text.
 */
export function mendOf(problem: Problem): Key | undefined {
  const key = `mend.${problem.code}`
  if (known(key)) return key
  if (problem.cite) return 'mend.law'
  return problem.status === 409 ? 'mend.other' : undefined
}

/** fieldErrors sorts a refusal's errors by the field of the form they belong to. */
export function fieldErrors(problem: Problem): Record<string, string> {
  const out: Record<string, string> = {}
  for (const e of problem.errors) {
    const found = /^body\.fields\.([a-z0-9_]+)(.*)$/.exec(e.location)
    if (!found) continue
    const [, name, rest] = found
    const text = rest ? `${rest.replace(/^\./, '')}: ${e.message}` : e.message
    out[name] = out[name] ? `${out[name]}; ${text}` : text
  }
  return out
}
