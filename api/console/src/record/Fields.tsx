import { LockOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useState, type ReactNode } from 'react'
import { Link } from 'react-router'
import { api, got, type RecordFull } from '../api/client'
import { Refusal } from '../frame/refusal'
import { useSpeech } from '../i18n/lang'
import type { Document, Field } from '../law/document'
import { itemOf, membersOf } from '../form/model'
import { useWho } from '../session/context'
import { civil, minute } from '../util/time'
import { useNames } from './names'

/** Fields are what a record says, in the order and the words of its law. */
export function Fields({ record, law }: { record: RecordFull; law: Document }) {
  const { t, of } = useSpeech()
  const who = useWho()
  const [values, setValues] = useState<Record<string, unknown> | null>(null)
  const [err, setErr] = useState<unknown>(null)
  const hidden = (name: string) => name in (record.commits ?? {}) || name in (record.home ?? {})
  const show = law.fields.filter((f) => (f.name ?? '') in record.fields || hidden(f.name ?? ''))
  const closed = show.some((f) => hidden(f.name ?? '')) && record.owner === who.region.code && law.name !== ''
  const open = async () => {
    setErr(null)
    try {
      const answer = await got(api.GET('/v1/records/{id}/private', { params: { path: { id: record.id } } }))
      setValues(Object.fromEntries(answer.items.filter((item) => item.value !== undefined).map((item) => [item.field, item.value])))
    } catch (e) {
      setErr(e)
    }
  }
  return (
    <>
      <dl className="fields">
        {show.map((f) => {
          const name = f.name ?? ''
          const value = values && name in values ? values[name] : record.fields[name]
          return (
            <div key={name} className={wide(f) ? 'field field-wide' : 'field'}>
              <dt>{of(f)}</dt>
              <dd>{value !== undefined ? <Shown field={f} value={value} /> : <Hidden name={name} record={record} />}</dd>
            </div>
          )
        })}
      </dl>
      {closed && !values && (
        <Button size="small" icon={<LockOutlined />} onClick={() => void open()}>
          {t('rec.private.open')}
        </Button>
      )}
      {err !== null && <Refusal err={err} />}
    </>
  )
}

const wide = (f: Field) => ['text', 'materials', 'list', 'object', 'intervals', 'collection'].includes(f.type)

function Hidden({ name, record }: { name: string; record: RecordFull }) {
  const { t } = useSpeech()
  const commitment = record.commits?.[name] ?? record.home?.[name]
  return (
    <span className="quiet" title={commitment}>
      <LockOutlined /> {name in (record.commits ?? {}) ? t('rec.commit') : t('rec.home')}
    </span>
  )
}

/** Shown is a value as people read it. */
export function Shown({ field, value }: { field: Field; value: unknown }): ReactNode {
  const { t, of, aside } = useSpeech()
  const names = useNames()
  /** plain is a member's value in a line of text. */
  const plain = (inner: unknown, m: Field | undefined): string => {
    if (typeof inner === 'boolean') return t(inner ? 'rec.yes' : 'rec.no')
    if (typeof inner === 'object') return JSON.stringify(inner)
    return of(m?.values?.find((v) => v.name === inner)) || String(inner)
  }
  if (value === null || value === undefined) return <span className="quiet">—</span>
  if (field.type === 'materials' && Array.isArray(value)) return <Materials field={field} items={value as Material[]} />
  if (Array.isArray(value)) {
    const of = field.type === 'collection' ? { ...field, type: 'appended' } : itemOf(field)
    return (
      <ol className="values">
        {value.map((item, i) => (
          <li key={i}>
            <Shown field={of} value={item} />
          </li>
        ))}
      </ol>
    )
  }
  if (field.type === 'appended' && typeof value === 'object') return <Appended field={field} item={value as Record<string, unknown>} />
  if (typeof value === 'boolean') return value ? t('rec.yes') : t('rec.no')
  if (typeof value === 'object') {
    const members = membersOf(field)
    const place = (name: string) => members.findIndex((m) => m.name === name)
    return Object.entries(value)
      .sort(([a], [b]) => place(a) - place(b)) // as the law has them
      .map(([name, inner]) => {
        const m = members.find((x) => x.name === name)
        const label = m && of(m)
        return (label ? `${label} ` : '') + plain(inner, m)
      })
      .join(' · ')
  }
  const text = String(value)
  switch (field.type) {
    case 'enum':
      return of(field.values?.find((v) => v.name === text)) || text
    case 'org':
      return `${names.org(text)}${aside(text)}`
    case 'region':
      return names.region(text)
    case 'time':
      return minute(text)
    case 'record':
      return (
        <Link to={`/record/${text}`} className="id">
          {text}
        </Link>
      )
    case 'commitment':
    case 'hash':
      return <code className="digest">{text}</code>
    default:
      return text
  }
}

/** Appended is what an act has added to a collection, with when and by whom. */
function Appended({ field, item }: { field: Field; item: Record<string, unknown> }) {
  const names = useNames()
  const { at, org, region, ...rest } = item
  return (
    <>
      {Object.entries(rest).map(([name, value]) => (
        <Shown key={name} field={field.of ?? { ...field, type: 'string' }} value={value} />
      ))}{' '}
      <span className="quiet">
        {typeof org === 'string' ? names.org(org) : typeof region === 'string' ? names.region(region) : ''} {typeof at === 'number' ? civil(at) : minute(String(at ?? ''))}
      </span>
    </>
  )
}

interface Material {
  commitment: string
  kind?: string
  name?: string
  pages?: number
  size?: number
  sha256?: string
}

function Materials({ field, items }: { field: Field; items: Material[] }) {
  const { t, of } = useSpeech()
  return (
    <ol className="values">
      {items.map((m) => (
        <li key={m.commitment}>
          {m.name ?? ''} <span className="quiet">{of(field.values?.find((v) => v.name === m.kind)) || m.kind}</span>{' '}
          {m.pages !== undefined && <span className="quiet">{t('rec.pages', { n: m.pages })}</span>}{' '}
          {m.size !== undefined && <span className="quiet">{t('rec.bytes', { n: m.size })}</span>}
          <br />
          <code className="digest">{m.sha256 ?? m.commitment}</code>{' '}
          <a href={`/v1/materials/${m.commitment}`} download>
            {t('rec.download')}
          </a>
        </li>
      ))}
    </ol>
  )
}
