import { Alert, Button } from 'antd'
import { useMemo, useRef, useState, type ComponentType, type ReactNode } from 'react'
import { fieldErrors, problemOf, type Problem } from '../api/problem'
import { Refusal } from '../frame/refusal'
import { useSpeech } from '../i18n/lang'
import type { Document, Event, Field } from '../law/document'
import { Shown } from '../record/Fields'
import { freshUlid } from '../util/ulid'
import { FieldInput, useHint } from './Inputs'
import { asTyped, faults, formOf, wireAll, type FormField, type FormValue, type FormValues } from './model'

/** Inputs are inputs that a page brings for fields of its procedure, by name, instead of those of their types. */
export type Inputs = Record<string, ComponentType<{ field: Field; id: string; value: FormValue; onChange: (value: FormValue) => void }>>

interface Props {
  law: Document
  event: Pick<Event, 'require' | 'optional' | 'basis'>
  roles: string[] // the person may act in; never empty
  initial?: FormValues // what stands in it to begin with
  inputs?: Inputs
  present?: Record<string, unknown> // what the record says already, by field
  submit: (role: string, fields: object, key: string) => Promise<void>
  overtaken?: ReactNode // what to offer when the record has moved on
}

/** Form is the form of an event, made of the law's document. */
export function Form({ law, event, roles, initial, inputs, present = {}, submit, overtaken }: Props) {
  const { t, of, named, mark } = useSpeech()
  const fields = useMemo(() => formOf(law, event), [law, event])
  const [values, setValues] = useState<FormValues>(initial ?? {})
  const [role, setRole] = useState(roles[0])
  const [wrong, setWrong] = useState<Record<string, string>>({})
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  const attempt = useRef({ body: '', key: '' })
  const top = useRef<HTMLDivElement>(null)

  const set = (name: string, value: FormValues[string]) => {
    setValues((before) => ({ ...before, [name]: value }))
    setWrong(({ [name]: _, ...rest }) => rest)
  }
  const go = async () => {
    const found = faults(fields, values)
    const said = Object.fromEntries(Object.entries(found).map(([name, f]) => [name, t(f.key, { n: f.n ?? 0 })]))
    setProblem(null)
    setWrong(said)
    if (Object.keys(said).length > 0) {
      top.current?.focus()
      return
    }
    const sent = wireAll(fields, values)
    const body = JSON.stringify([role, sent])
    // The same request keeps its key, so that it is one act however often it is
    // sent; another request is another act.
    if (attempt.current.body !== body) attempt.current = { body, key: freshUlid() }
    setBusy(true)
    try {
      await submit(role, sent, attempt.current.key)
    } catch (err) {
      const p = problemOf(err)
      if (p.status >= 400 && p.status < 500) attempt.current = { body: '', key: '' }
      setWrong(fieldErrors(p))
      setProblem(p)
      top.current?.focus()
    } finally {
      setBusy(false)
    }
  }

  const names = Object.keys(wrong)
  const must = fields.filter((f) => f.required)
  const may = fields.filter((f) => !f.required)
  const line = (f: FormField) => {
    const name = f.field.name ?? ''
    return <Line key={name} of={f} input={inputs?.[name]} present={present[name]} value={values[name]} error={wrong[name]} onChange={(v) => set(name, v)} />
  }
  return (
    <>
      <form
        className="act"
        noValidate
        onSubmit={(e) => {
          e.preventDefault()
          void go()
        }}
      >
        <div ref={top} tabIndex={-1} className="act-top">
          {problem && <Refusal err={problem} action={problem.status === 412 ? overtaken : undefined} />}
          {names.length > 0 && (
            <Alert
              type="error"
              showIcon
              role="alert"
              title={t('act.wrong', { n: names.length })}
              description={
                <ul className="wrongs">
                  {names.map((name) => {
                    const f = law.fields.find((x) => x.name === name)
                    return (
                      <li key={name}>
                        <a href={`#f-${name}`} onClick={(e) => jump(e, name)}>
                          {t('act.goto', { field: f ? of(f) : name })}
                        </a>
                        {mark.colon}
                        {wrong[name]}
                      </li>
                    )
                  })}
                </ul>
              }
            />
          )}
        </div>
        {(event.basis?.length ?? 0) > 0 && (
          <p className="quiet">
            {t('act.basis')}: {event.basis?.join(mark.list)}
          </p>
        )}
        {roles.length > 1 && (
          <label className="member">
            <span>{t('act.pickrole')}</span>
            <select className="select" value={role} onChange={(e) => setRole(e.target.value)}>
              {roles.map((r) => (
                <option key={r} value={r}>
                  {named(`role.${r}`, r)}
                </option>
              ))}
            </select>
          </label>
        )}
        {must.map(line)}
        {may.length > 0 && (
          <details className="more" open={must.length === 0 || may.some((f) => wrong[f.field.name ?? '']) || undefined}>
            <summary>{t('act.more', { n: may.length })}</summary>
            {may.map(line)}
          </details>
        )}
        <p className="quiet">{fields.length === 0 ? t('act.nofields') : t('act.consequence')}</p>
        <Button type="primary" htmlType="submit" loading={busy}>
          {t('act.submit')}
        </Button>
        <span className="quiet acting">{t('act.role', { role: named(`role.${role}`, role) })}</span>
      </form>
    </>
  )
}

function jump(e: { preventDefault: () => void }, name: string) {
  e.preventDefault()
  const target = document.getElementById(`f-${name}`)
  target?.closest('details')?.setAttribute('open', '')
  target?.scrollIntoView({ block: 'center' })
  target?.focus()
}

interface LineProps {
  of: FormField
  input?: Inputs[string]
  present: unknown
  value: FormValues[string]
  error?: string
  onChange: (v: FormValues[string]) => void
}

function Line({ of: f, input: Own, present, value, error, onChange }: LineProps) {
  const { of, t, mark } = useSpeech()
  const hint = useHint()
  const id = `f-${f.field.name}`
  const help = Own ? '' : hint(f.field) // an input of a page's own says itself how it is used
  const described = [error && `${id}-e`, help && `${id}-h`].filter(Boolean).join(' ') || undefined
  const grouped = ['materials', 'intervals', 'list', 'object', 'officer'].includes(f.field.type)
  const label = (
    <>
      {of(f.field)} <span className={f.required ? 'must' : 'quiet'}>{f.required ? t('act.required') : t('act.optional')}</span>
    </>
  )
  return (
    <div className={`line ${error ? 'line-wrong' : ''}`}>
      {grouped ? <span className="line-label">{label}</span> : <label className="line-label" htmlFor={id}>{label}</label>}
      {help && (
        <span className="quiet hint" id={`${id}-h`}>
          {help}
        </span>
      )}
      {present !== undefined && typeof present !== 'object' && (
        <span className="present">
          <span className="quiet">{t('act.now')}</span> <Shown field={f.field} value={present} />{' '}
          <button type="button" className="linkish" aria-label={`${t('act.same')}${mark.colon}${of(f.field)}`} onClick={() => onChange(asTyped(f.field, present))}>
            {t('act.same')}
          </button>
        </span>
      )}
      {Own ? (
        <Own field={f.field} id={id} value={value} onChange={onChange} />
      ) : (
        <FieldInput field={f.field} id={id} value={value} onChange={onChange} described={described} invalid={error !== undefined} required={f.required} label={grouped ? of(f.field) : undefined} />
      )}
      {error && (
        <span className="wrong" id={`${id}-e`}>
          {error}
        </span>
      )}
    </div>
  )
}
