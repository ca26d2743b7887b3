import { DeleteOutlined, PaperClipOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Input } from 'antd'
import { useContext, useEffect, useId, useLayoutEffect, useRef, useState, type ClipboardEvent } from 'react'
import { flushSync } from 'react-dom'
import { keep, type Kept } from '../api/client'
import { problemOf, type Problem } from '../api/problem'
import { useOrgs, useStatus } from '../api/queries'
import { useTexts } from '../frame/refusal'
import { useSpeech } from '../i18n/lang'
import type { Key } from '../i18n/dict'
import { known } from '../i18n/dict'
import type { Field, Value } from '../law/document'
import { RecordInput } from './RecordInput'
import { itemOf, mayBeNone, membersOf, pasted, type FormValue } from './model'
import { OnTheWay } from './onTheWay'

interface Props {
  field: Field
  value: FormValue
  onChange: (value: FormValue) => void
  id: string
  label?: string // when nothing visible names the input
  described?: string
  invalid?: boolean
  required?: boolean
}

/** FieldInput is the input of a field's type. */
export function FieldInput(props: Props) {
  switch (props.field.type) {
    case 'text':
      return <TextInput {...props} />
    case 'date':
      return <DateInput {...props} />
    case 'bool':
      return <YesNo {...props} />
    case 'enum':
      return <Choice {...props} values={props.field.values ?? []} />
    case 'region':
      return <RegionChoice {...props} />
    case 'org':
      return <OrgChoice {...props} />
    case 'division':
      return <DivisionInput {...props} />
    case 'record':
      return <RecordInput value={text(props.value)} onChange={props.onChange} aria={aria(props)} invalid={props.invalid} />
    case 'commitment':
      return <FileInput {...props} />
    case 'materials':
    case 'intervals':
    case 'list':
      return <ListInput {...props} />
    case 'officer':
    case 'object':
      return <Members {...props} members={membersOf(props.field)} />
    default:
      return <LineInput {...props} />
  }
}

const text = (value: FormValue) => (typeof value === 'string' ? value : '')

const aria = ({ id, label, described, invalid }: Omit<Props, 'onChange'>) => ({ id, 'aria-label': label, 'aria-describedby': described, 'aria-invalid': invalid || undefined })

/** DateInput takes a typed date; the picker beside it writes into the same place. */
function DateInput(p: Props) {
  const { t } = useSpeech()
  const given = text(p.value)
  return (
    <span className="date">
      <Input {...aria(p)} placeholder="2025-11-10" maxLength={10} inputMode="numeric" autoComplete="off" value={given} status={p.invalid ? 'error' : ''} onChange={(e) => p.onChange(e.target.value)} />
      <input type="date" tabIndex={-1} aria-label={t('act.pickdate')} value={/^\d{4}-\d\d-\d\d$/.test(given) ? given : ''} onChange={(e) => p.onChange(e.target.value)} />
    </span>
  )
}

function LineInput(p: Props) {
  const number = p.field.type === 'int' || p.field.type === 'decimal'
  return (
    <Input
      {...aria(p)}
      type={p.field.type === 'time' ? 'datetime-local' : 'text'}
      inputMode={number ? 'decimal' : undefined}
      value={text(p.value)}
      status={p.invalid ? 'error' : ''}
      autoComplete="off"
      onChange={(e) => p.onChange(e.target.value)}
    />
  )
}

function TextInput(p: Props) {
  return (
    <Input.TextArea {...aria(p)} value={text(p.value)} rows={4} status={p.invalid ? 'error' : ''} onChange={(e) => p.onChange(e.target.value)} />
  )
}

function YesNo(p: Props) {
  const { t } = useSpeech()
  return (
    <select {...aria(p)} className="select" value={p.value === undefined ? '' : String(p.value)} onChange={(e) => p.onChange(e.target.value === '' ? undefined : e.target.value === 'true')}>
      <option value="">{t('act.choose')}</option>
      <option value="true">{t('rec.yes')}</option>
      <option value="false">{t('rec.no')}</option>
    </select>
  )
}

function Choice({ values, ...p }: Props & { values: Value[] }) {
  const { t, of } = useSpeech()
  return (
    <select {...aria(p)} className="select" value={text(p.value)} onChange={(e) => p.onChange(e.target.value)}>
      <option value="">{t('act.choose')}</option>
      {values.map((v) => (
        <option key={v.name} value={v.name}>
          {of(v)}
        </option>
      ))}
    </select>
  )
}

function RegionChoice(p: Props) {
  const status = useStatus()
  return <Choice {...p} values={(status.data?.regions ?? []).map((r) => ({ name: r.code, ...r.name }))} />
}

/** OrgChoice chooses among the members' organisations, or takes any code where the law does. */
function OrgChoice(p: Props) {
  const { t, of, aside } = useSpeech()
  const orgs = useOrgs()
  const status = useStatus()
  const list = useId()
  const items = orgs.data?.items ?? []
  if (!p.field.known) {
    return (
      <>
        <Input {...aria(p)} list={list} value={text(p.value)} autoComplete="off" status={p.invalid ? 'error' : ''} onChange={(e) => p.onChange(e.target.value)} />
        <datalist id={list}>
          {items.map((o) => (
            <option key={o.code} value={o.code}>
              {of(o.name)}
            </option>
          ))}
        </datalist>
      </>
    )
  }
  return (
    <select {...aria(p)} className="select" value={text(p.value)} onChange={(e) => p.onChange(e.target.value)}>
      <option value="">{t('act.choose')}</option>
      {status.data?.regions.map((r) => (
        <optgroup key={r.code} label={of(r.name)}>
          {items
            .filter((o) => o.region === r.code)
            .map((o) => (
              <option key={o.code} value={o.code}>
                {of(o.name)}{aside(o.code)}
              </option>
            ))}
        </optgroup>
      ))}
    </select>
  )
}

/** DivisionInput takes the code of a division, offers those that have a bureau among the members, and names it, so that a slip of the pen shows. */
function DivisionInput(p: Props) {
  const { of } = useSpeech()
  const orgs = useOrgs()
  const list = useId()
  const bureaus = (orgs.data?.items ?? []).filter((o) => /^\d{6}-SJ$/.test(o.code))
  const named = bureaus.find((o) => o.code === `${text(p.value).trim()}-SJ`)
  return (
    <>
      <Input {...aria(p)} list={list} inputMode="numeric" value={text(p.value)} autoComplete="off" status={p.invalid ? 'error' : ''} onChange={(e) => p.onChange(e.target.value)} />
      <datalist id={list}>
        {bureaus.map((o) => (
          <option key={o.code} value={o.code.slice(0, 6)}>
            {of(o.name)}
          </option>
        ))}
      </datalist>
      {named && <span className="quiet named">{of(named.name)}</span>}
    </>
  )
}

/** FileInput puts a file into the vault and holds its commitment. */
function FileInput(p: Props) {
  return <FilePut {...p} kept={(_, stored) => p.onChange(stored.commitment)} />
}

function FilePut({ kept, ...p }: Omit<Props, 'onChange'> & { kept: (file: File, stored: Kept) => void }) {
  const { t } = useSpeech()
  const texts = useTexts()
  const [busy, setBusy] = useState(false)
  const [name, setName] = useState('')
  const [problem, setProblem] = useState<Problem | null>(null)
  const onTheWay = useContext(OnTheWay)
  // The person goes on filling in meanwhile: what is written into is the form as it is
  // when the file has arrived, and nothing when its place is gone or another file was chosen.
  const into = useRef(kept)
  useLayoutEffect(() => {
    into.current = kept
  })
  const last = useRef<File | null>(null)
  useEffect(() => () => void (last.current = null), [])
  const take = async (file: File | undefined) => {
    if (!file) return
    last.current = file
    setBusy(true)
    setProblem(null)
    onTheWay(1)
    try {
      const stored = await keep(file)
      if (last.current !== file) return
      flushSync(() => {
        setName(file.name)
        into.current(file, stored)
      }) // before another file arrives
    } catch (err) {
      if (last.current === file) setProblem(problemOf(err))
    } finally {
      onTheWay(-1)
      if (last.current === file) setBusy(false)
    }
  }
  return (
    <span className="file">
      <input {...aria(p)} type="file" className="hidden-file" onChange={(e) => void take(e.target.files?.[0])} aria-label={p.label ?? t('act.file')} />
      <label className="file-button" htmlFor={p.id} aria-hidden="true">
        {t('act.file')}
      </label>
      <span className="quiet" role="status">
        {busy && t('act.uploading')}
        {!busy && !text(p.value) && t('act.nofile')}
        {!busy && text(p.value) && (
          <>
            <PaperClipOutlined /> {t('act.infile')} {name} <code title={text(p.value)}>{text(p.value).slice(0, 14)}…</code>
          </>
        )}
      </span>
      {problem && <span className="wrong">{texts.title(problem)}</span>}
    </span>
  )
}

/** memberNames are the names of members of types that have their own, for which the law has no words. */
const memberNames: Record<string, Key> = {
  cert_no: 'act.cert', person: 'act.person', kind: 'act.kind', name: 'act.filename', pages: 'act.pagecount', from: 'act.from', to: 'act.to', commitment: 'act.file',
}

/** useMemberName names a member of an item. */
export function useMemberName() {
  const { t, of } = useSpeech()
  return (m: Field) => of(m) || (memberNames[m.name ?? ''] ? t(memberNames[m.name ?? '']) : (m.name ?? ''))
}

function Members({ members, hide = [], ...p }: Props & { members: Field[]; hide?: string[] }) {
  const nameOf = useMemberName()
  const held = (typeof p.value === 'object' && !Array.isArray(p.value) ? p.value : {}) as Record<string, FormValue>
  const set = (name: string, value: FormValue) => p.onChange({ ...held, [name]: value })
  return (
    <span className="members" role="group" aria-label={p.label}>
      {members
        .filter((m) => !hide.includes(m.name ?? ''))
        .map((m) => {
          const name = m.name ?? ''
          return (
            <label key={name} className={m.type === 'text' ? 'member member-whole' : 'member'} htmlFor={`${p.id}.${name}`}>
              <span>{nameOf(m)}</span>
              <FieldInput field={m} id={`${p.id}.${name}`} value={held[name]} onChange={(v) => set(name, v)} required={!m.optional} />
            </label>
          )
        })}
    </span>
  )
}

/**
 * ListInput holds any number of items, at least one row to begin with. Where the law
 * asks for a list that may be empty, that there are none is said, not assumed.
 */
function ListInput(p: Props) {
  const { t } = useSpeech()
  const items: FormValue[] = Array.isArray(p.value) ? p.value : []
  const sayNone = p.required && mayBeNone(p.field)
  const none = sayNone && Array.isArray(p.value) && p.value.length === 0
  const least = Math.max(1, p.field.type === 'list' ? (p.field.min ?? 1) : 1)
  const rows = none || items.length >= least ? items : [...items, ...Array.from({ length: least - items.length }, () => undefined)]
  const set = (i: number, value: FormValue) => p.onChange(rows.map((row, at) => (at === i ? value : row)))
  // Rows are known by what they were when they came, not by their place: what an input
  // knows of its file stays with it when a row above is removed.
  const [keys, setKeys] = useState<number[]>([])
  const next = (keys[keys.length - 1] ?? -1) + 1
  const keyOf = (i: number) => keys[i] ?? next + i - keys.length
  const remove = (i: number) => {
    setKeys(rows.map((_, at) => keyOf(at)).filter((_, at) => at !== i))
    p.onChange(rows.filter((_, at) => at !== i))
  }
  const paste = (e: ClipboardEvent) => {
    const place = (e.target as HTMLElement).id
    if (p.field.type !== 'list' || !place.startsWith(`${p.id}.`)) return
    const [at, member] = place.slice(p.id.length + 1).split('.')
    const next = pasted(p.field, rows, Number(at), member, e.clipboardData.getData('text/plain'))
    if (!next) return
    e.preventDefault()
    p.onChange(next)
  }
  return (
    <span className="list" id={p.id} tabIndex={-1} role="group" aria-label={p.label} aria-describedby={p.described} onPaste={paste}>
      {sayNone && (
        <label className="none">
          <input type="checkbox" checked={none} onChange={(e) => p.onChange(e.target.checked ? [] : undefined)} /> {t('act.none')}
        </label>
      )}
      {rows.map((row, i) => (
        <span className="list-row" key={keyOf(i)}>
          <Item field={p.field} id={`${p.id}.${i}`} value={row} onChange={(v) => set(i, v)} label={t('act.item', { n: i + 1 })} />
          {rows.length > least && (
            <Button type="text" icon={<DeleteOutlined />} aria-label={t('act.remove', { n: i + 1 })} onClick={() => remove(i)} />
          )}
        </span>
      ))}
      {!none && (
        <Button size="small" type="dashed" className="add" icon={<PlusOutlined />} onClick={() => p.onChange([...rows, undefined])}>
          {t('act.add')}
        </Button>
      )}
    </span>
  )
}

function Item(p: Props) {
  switch (p.field.type) {
    case 'materials':
      return <MaterialInput {...p} />
    case 'intervals':
      return <KindFirst {...p} />
    default:
      return <FieldInput {...p} field={itemOf(p.field)} />
  }
}

/** KindFirst is an item whose kind the law lists. */
function KindFirst(p: Props) {
  const { t } = useSpeech()
  const held = (typeof p.value === 'object' && !Array.isArray(p.value) ? p.value : {}) as Record<string, FormValue>
  return (
    <span className="members" role="group" aria-label={p.label}>
      <KindOf {...p} />
      {(['from', 'to'] as const).map((name) => (
        <label key={name} className="member" htmlFor={`${p.id}.${name}`}>
          <span>{t(`act.${name}`)}</span>
          <DateInput field={p.field} id={`${p.id}.${name}`} value={held[name]} onChange={(v) => p.onChange({ ...held, [name]: v })} />
        </label>
      ))}
    </span>
  )
}

function KindOf(p: Props) {
  const { t } = useSpeech()
  const held = (typeof p.value === 'object' && !Array.isArray(p.value) ? p.value : {}) as Record<string, FormValue>
  const set = (v: FormValue) => p.onChange({ ...held, kind: v })
  return (
    <label className="member" htmlFor={`${p.id}.kind`}>
      <span>{t('act.kind')}</span>
      {p.field.values ? (
        <Choice field={p.field} id={`${p.id}.kind`} values={p.field.values} value={held.kind} onChange={set} />
      ) : (
        <Input id={`${p.id}.kind`} value={text(held.kind)} onChange={(e) => set(e.target.value)} />
      )}
    </label>
  )
}

/** MaterialInput is a file with what the list of materials says of it. */
function MaterialInput(p: Props) {
  const { t } = useSpeech()
  const held = (typeof p.value === 'object' && !Array.isArray(p.value) ? p.value : {}) as Record<string, FormValue>
  const set = (more: Record<string, FormValue>) => p.onChange({ ...held, ...more })
  return (
    <span className="members" role="group" aria-label={p.label}>
      <FilePut
        field={p.field}
        id={`${p.id}.file`}
        label={`${p.label ?? ''} ${t('act.file')}`}
        value={held.commitment}
        kept={(file, stored) => set({ commitment: stored.commitment, size: String(stored.size), name: text(held.name) || file.name })}
      />
      <KindOf {...p} />
      <label className="member member-wide" htmlFor={`${p.id}.name`}>
        <span>{t('act.filename')}</span>
        <Input id={`${p.id}.name`} value={text(held.name)} onChange={(e) => set({ name: e.target.value })} />
      </label>
      <label className="member member-short" htmlFor={`${p.id}.pages`}>
        <span>{t('act.pagecount')}</span>
        <Input id={`${p.id}.pages`} inputMode="numeric" value={text(held.pages)} onChange={(e) => set({ pages: e.target.value })} />
      </label>
    </span>
  )
}

/** Lists of so few items are typed. */
const short = 10

/** Types whose hint is an example, which a refined form gives by itself. */
const examples = ['uscc', 'doc_no', 'case_file_no', 'division', 'org', 'record']

/** useHint says what a field expects, as far as its type and the law do; without the example of its type where there is a better one. */
export function useHint() {
  const { t } = useSpeech()
  return (field: Field, better = false): string => {
    const parts: string[] = []
    const key = `hint.${field.type}`
    if (known(key) && !(better && examples.includes(field.type))) parts.push(t(key))
    if ((field.type === 'text' || field.type === 'string') && field.max !== undefined) parts.push(t('hint.between', { a: field.min ?? 0, b: field.max }))
    if (field.type === 'list' && (field.max ?? Infinity) > short) parts.push(t('hint.paste'))
    if (field.type === 'list' && (field.min ?? 0) > 1) parts.push(t('hint.atleast', { a: field.min ?? 0 }))
    if (field.see === 'home') parts.push(t('hint.home'))
    if (field.see === 'commit') parts.push(t('hint.commit'))
    return parts.join(' · ')
  }
}
