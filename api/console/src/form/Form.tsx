import { Alert, Button } from 'antd'
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { fieldErrors, problemOf, type Problem } from '../api/problem'
import { Refusal } from '../frame/refusal'
import { useSpeech } from '../i18n/lang'
import type { Document, Event } from '../law/document'
import { useWho } from '../session/context'
import { personOf } from '../session/other'
import { freshUlid } from '../util/ulid'
import { Cautions } from './Cautions'
import { Foresight } from './Foresight'
import { actOf } from './foresee'
import { useMemberName } from './Inputs'
import { keepForm, keptOf } from './kept'
import { Line, type Inputs } from './Line'
import { faults, formOf, wireAll, type Fault, type FormField, type FormValues } from './model'
import { OnTheWay } from './onTheWay'
import { Origin } from './Origin'
import { refinementOf } from './refined'
import { RolePick } from './RolePick'
import { cautionsOf, partsOf, together, type Caution } from './refined/refinement'
import { Summary } from './Summary'
import { useKnown } from './useKnown'
import './form.css'

interface Props {
  law: Document
  about?: string // the record; none when one is opened
  event: Pick<Event, 'name' | 'to' | 'require' | 'optional' | 'basis'>
  roles: string[] // the person may act in; never empty
  initial?: FormValues // what stands in it to begin with
  inputs?: Inputs
  present?: Record<string, unknown> // what the record says already, by field
  submit: (role: string, fields: object, key: string) => Promise<void>
  overtaken?: ReactNode // what to offer when the record has moved on
}

const nothing: Record<string, unknown> = {}

/** Form is the form of an event, made of the law's document and refined where somebody has done so by hand. */
export function Form({ law, about = '', event, roles, initial, inputs, present = nothing, submit, overtaken }: Props) {
  const { t, of, named, mark } = useSpeech()
  const memberName = useMemberName()
  const known = useKnown(present)
  const act = actOf(law, event)
  const refinement = refinementOf(law.name, act.name)
  const parts = useMemo(() => partsOf(formOf(law, event), refinement), [law, event, refinement])
  const fields = useMemo(() => parts.flatMap((part) => [...part.main, ...part.more]), [parts])
  const person = personOf(useWho())
  // A form that begins with other values is another form.
  const form = JSON.stringify([law.name, about, act.name, initial])
  const start = () => ({ ...refinement?.begins?.(known), ...initial })
  const [left, setLeft] = useState(() => keptOf(person, form)) // what the person left here before
  const [values, setValues] = useState<FormValues>(() => left ?? start())
  const [touched, setTouched] = useState(left !== undefined)
  const [role, setRole] = useState(roles[0])
  const [wrong, setWrong] = useState<Record<string, string>>({})
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  const [coming, setComing] = useState(0) // files on their way to the vault
  const onTheWay = useCallback((change: 1 | -1) => setComing((n) => n + change), [])
  const attempt = useRef({ body: '', key: '' })
  const top = useRef<HTMLDivElement>(null)

  useEffect(() => {
    if (touched) keepForm(person, form, values)
  }, [person, form, values, touched])
  useEffect(() => {
    if (!touched) return
    const hold = (e: BeforeUnloadEvent) => {
      e.preventDefault()
      e.returnValue = '' // Chromium before 119 asks only then
    }
    window.addEventListener('beforeunload', hold)
    return () => window.removeEventListener('beforeunload', hold)
  }, [touched])

  const write = (more: FormValues) => {
    setTouched(true)
    setValues((before) => ({ ...before, ...more }))
  }
  const clear = () => {
    keepForm(person, form, undefined)
    setLeft(undefined)
    setTouched(false)
    setValues(start())
    setWrong({})
    setProblem(null)
  }
  const set = (name: string, value: FormValues[string]) => {
    write({ [name]: value })
    setWrong(({ [name]: _, ...rest }) => rest)
  }
  // The node's sentence begins with the field's name, which stands beside it already.
  const bare = (name: string, text: string) => {
    const field = law.fields.find((x) => x.name === name)
    const label = field ? of(field) : ''
    return label && text.startsWith(label) ? text.slice(label.length).replace(/^(：|: ?)/, '') : text
  }
  const wordsOf = (f: Fault) => {
    const why = t(f.key, { n: f.n ?? 0 })
    return f.in ? t('err.row', { n: f.in.row, what: memberName(f.in.member), why }) : why
  }
  const go = async () => {
    const found = faults(fields, values)
    const said = Object.fromEntries(Object.entries(found).map(([name, f]) => [name, wordsOf(f)]))
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
      setTouched(false)
      keepForm(person, form, undefined)
    } catch (err) {
      const p = problemOf(err)
      if (p.status >= 400 && p.status < 500) attempt.current = { body: '', key: '' }
      setWrong(Object.fromEntries(Object.entries(fieldErrors(p)).map(([name, text]) => [name, bare(name, text)])))
      setProblem(p)
      top.current?.focus()
    } finally {
      setBusy(false)
    }
  }

  const names = Object.keys(wrong)
  const said = together(values, known)
  const needed = (f: FormField) => refinement?.needs?.[f.field.name ?? '']?.(said) ?? false
  const held = cautionsOf(refinement, values, known)
  const placed = (c: Caution) => fields.some((f) => f.field.name === c.at)
  const line = (f: FormField) => {
    const name = f.field.name ?? ''
    return (
      <Line
        key={name}
        of={f}
        input={inputs?.[name]}
        present={present[name]}
        value={values[name]}
        error={wrong[name]}
        hint={refinement?.hints?.[name]}
        needed={needed(f)}
        cautions={refinement?.cautions?.some((c) => c.at === name) ? held.filter((c) => c.at === name) : undefined}
        offer={refinement?.offers?.[name]?.(values, known)}
        onChange={(v) => set(name, v)}
      />
    )
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
        {left && (
          <p className="quiet" role="status">
            {t('act.left')}{' '}
            <button type="button" className="linkish" onClick={clear}>
              {t('act.clear')}
            </button>
          </p>
        )}
        {(event.basis?.length ?? 0) > 0 && (
          <p className="quiet">
            {t('act.basis')}{mark.colon}{event.basis?.join(mark.list)}
          </p>
        )}
        <RolePick roles={roles} role={role} pick={setRole} />
        <OnTheWay value={onTheWay}>
          {parts.map((part, i) => (
            <Group key={i} title={part.title && of(part.title)}>
              {part.main.map(line)}
              {part.more.length > 0 && (
                <details className="more" open={part.main.length === 0 || part.more.some((f) => wrong[f.field.name ?? ''] || needed(f)) || undefined}>
                  <summary>{t('act.more', { n: part.more.length })}</summary>
                  {part.more.map(line)}
                </details>
              )}
            </Group>
          ))}
        </OnTheWay>
        <Origin refinement={refinement} fields={fields} values={values} take={write} />
        <Cautions held={held.filter((c) => !placed(c))} />
        <Foresight law={law} act={act} values={said} />
        {refinement && <Summary parts={parts} values={values} needed={needed} />}
        <p className="quiet">{fields.length === 0 ? t('act.nofields') : t('act.consequence')}</p>
        <Button type="primary" htmlType="submit" loading={busy} disabled={coming > 0}>
          {t('act.submit')}
        </Button>
        <span className="quiet acting">{coming > 0 ? t('act.coming') : t('act.role', { role: named(`role.${role}`, role) })}</span>
      </form>
    </>
  )
}

/** Group is a part of the paper, named when there are several. */
function Group({ title, children }: { title?: string; children: ReactNode }) {
  if (!title) return <>{children}</>
  return (
    <fieldset className="group">
      <legend>{title}</legend>
      {children}
    </fieldset>
  )
}

function jump(e: { preventDefault: () => void }, name: string) {
  e.preventDefault()
  const target = document.getElementById(`f-${name}`)
  target?.closest('details')?.setAttribute('open', '')
  target?.scrollIntoView({ block: 'center' })
  target?.focus()
}
