import { DownloadOutlined, SearchOutlined } from '@ant-design/icons'
import { Alert, Button } from 'antd'
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { Link, useParams } from 'react-router'
import { problemOf } from '../api/problem'
import { RecordInput } from '../form/RecordInput'
import { RolePick } from '../form/RolePick'
import { Pager } from '../frame/Pager'
import { Panel } from '../frame/Panel'
import { Refusal } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { fieldOf, type Document } from '../law/document'
import { useNames } from '../record/names'
import { Unread, WithRecord } from '../record/WithRecord'
import { useWho } from '../session/context'
import { save } from '../util/save'
import { minute } from '../util/time'
import { Ticks } from './Agree'
import { Note } from './Answers'
import { Standing } from './DataSet'
import { Filter } from './Filter'
import { agreementPage, cellsOf, csvOf, officesOf, type Agreement, type Page } from './model'
import { ask, useAgreement } from './queries'
import './dataset.css'

/** Rows of a page: as many as a screen shows without work. */
const sizes = [50, 200, 1000]

/** Ask asks another bureau's data set under one agreement, a page at a time. */
export default function Ask() {
  const { id = '' } = useParams()
  const { t } = useSpeech()
  const terms = useAgreement(id)
  return (
    <WithRecord id={id}>
      {({ law }) =>
        terms.error ? (
          <Unread err={terms.error} retry={() => void terms.refetch()} />
        ) : !terms.data ? (
          <Waiting lines={8} />
        ) : (
          <div className="page">
            <p className="crumbs">
              <Link to="/data">{t('nav.data')}</Link> / <Link to={agreementPage(id)}>{id}</Link> / {t('data.ask')}
            </p>
            <h1 className="greeting">{terms.data.title ?? terms.data.data_set}</h1>
            <Desk key={id} terms={terms.data} law={law} />
          </div>
        )
      }
    </WithRecord>
  )
}

/** Asked is a question with the pages that were given for it. */
interface Asked {
  question: Parameters<typeof ask>[1]
  pages: Page[]
  at: number // of the page that is shown
}

function Desk({ terms, law }: { terms: Agreement; law: Document }) {
  const { t, of, named, mark } = useSpeech()
  const who = useWho()
  const names = useNames()
  const client = useQueryClient()
  const roles = who.roles.filter((role) => officesOf(law).includes(role))
  const [role, setRole] = useState(roles[0] ?? '')
  const [purpose, setPurpose] = useState(terms.purposes.length === 1 ? terms.purposes[0] : '')
  const [inCase, setCase] = useState('')
  const [fields, setFields] = useState(terms.fields)
  const [filter, setFilter] = useState('')
  const [limit, setLimit] = useState(sizes[0])
  const [busy, setBusy] = useState(false)
  const [err, setErr] = useState<unknown>(null)
  const [asked, setAsked] = useState<Asked | null>(null)
  const result = useRef<HTMLDivElement>(null)
  if (terms.asker !== who.region.code) return <p className="quiet">{t('data.ask.theirs', { who: terms.asker ? names.region(terms.asker) : '' })}</p>
  if (roles.length === 0) return <p className="quiet">{t('data.ask.notyours', { who: officesOf(law).map((o) => named(`role.${o}`, o)).join(mark.list) })}</p>
  const purposes = fieldOf(law, law.shares?.purposes ?? '')?.of?.values ?? []

  const go = async (question: Asked['question'], before: Page[]) => {
    setBusy(true)
    setErr(null)
    try {
      const page = await ask(terms.data_set, question)
      setAsked({ question: { ...question, cursor: undefined }, pages: [...before, page], at: before.length })
      void client.invalidateQueries({ queryKey: ['data-answers', terms.record] })
      result.current?.focus()
    } catch (e) {
      setErr(e)
      void client.invalidateQueries({ queryKey: ['live'] }) // it may have been revoked
    } finally {
      setBusy(false)
    }
  }
  const begin = () =>
    void go({ agreement: terms.record, purpose, role, limit, case: inCase.trim().toUpperCase() || undefined, fields: fields.length === terms.fields.length ? undefined : fields, filter: filter.trim() || undefined }, [])
  const detail = err ? problemOf(err).detail : ''
  return (
    <>
      <Panel title={t('data.question')} extra={<Standing of={terms} />}>
        <p className="quiet">{t('data.question.help', { who: terms.owner ? names.region(terms.owner) : '' })}</p>
        <form
          className="data-question"
          onSubmit={(e) => {
            e.preventDefault()
            begin()
          }}
        >
          <div className="filters">
            <label>
              {t('data.purpose')}
              <select value={purpose} required onChange={(e) => setPurpose(e.target.value)}>
                {terms.purposes.length > 1 && <option value="">{t('data.purpose.choose')}</option>}
                {terms.purposes.map((p) => (
                  <option key={p} value={p}>
                    {of(purposes.find((v) => v.name === p)) || p}
                  </option>
                ))}
              </select>
            </label>
            <RolePick className="" roles={roles} role={role} pick={setRole} />
            <label>
              {t('data.limit')}
              <select value={limit} onChange={(e) => setLimit(Number(e.target.value))}>
                {sizes.map((n) => (
                  <option key={n} value={n}>
                    {n}
                  </option>
                ))}
              </select>
            </label>
          </div>
          <label className="line-label" htmlFor="q-case">
            {t('data.case')} <span className="quiet">{t('act.optional')}</span>
          </label>
          <div className="data-case">
            <RecordInput value={inCase} onChange={setCase} aria={{ id: 'q-case' }} />
          </div>
          <span className="line-label">{t('data.fields')}</span>
          <Ticks id="q-fields" columns={terms.columns} value={fields} onChange={setFields} />
          <label className="line-label" htmlFor="q-filter">
            {t('data.filter')} <span className="quiet">{t('act.optional')}</span>
          </label>
          <Filter id="q-filter" columns={terms.columns} value={filter} onChange={setFilter} />
          <Button type="primary" htmlType="submit" icon={<SearchOutlined />} loading={busy} disabled={purpose === '' || fields.length === 0}>
            {t('data.go')}
          </Button>{' '}
          <span className="quiet">{t('data.logged.before')}</span>
        </form>
        {err !== null && <Refusal err={err} />}
        {detail && <code className="digest data-detail">{detail}</code>}
      </Panel>
      <div ref={result} tabIndex={-1} className="act-top">
        {asked && <Result asked={asked} terms={terms} busy={busy} show={(at) => setAsked({ ...asked, at })} more={(cursor) => void go({ ...asked.question, cursor }, asked.pages)} />}
      </div>
    </>
  )
}

interface ResultProps {
  asked: Asked
  terms: Agreement
  busy: boolean
  show: (page: number) => void
  more: (cursor: string) => void
}

/** Result is one page of an answer, with what was written down about it; the pages before stay at hand. */
function Result({ asked, terms, busy, show, more }: ResultProps) {
  const { t, of, aside } = useSpeech()
  const page = asked.pages[asked.at]
  const rows = page.rows.map(cellsOf)
  const heads = page.columns.map((name) => {
    const c = terms.columns.find((x) => x.name === name)
    return c ? of(c.title) + (c.unit ? aside(c.unit) : '') : name
  })
  const total = asked.pages.reduce((n, p) => n + p.rows.length, 0)
  const cursor = page.next
  const onward = asked.at < asked.pages.length - 1 ? () => show(asked.at + 1) : cursor ? () => more(cursor) : undefined
  const csv = () => save(new Blob([csvOf(heads, asked.pages.flatMap((p) => p.rows.map(cellsOf)))], { type: 'text/csv' }), `${terms.data_set}-${terms.record}.csv`)
  return (
    <Panel
      title={t('data.result', { n: asked.at + 1 })}
      extra={
        <Button size="small" icon={<DownloadOutlined />} onClick={csv} disabled={total === 0}>
          {t('data.csv', { n: total })}
        </Button>
      }
    >
      <Alert type="info" showIcon role="status" title={t('data.logged', { n: page.rows.length })} description={t('data.logged.where', { at: minute(page.loaded_at) })} action={<Note text={page.evidence} name={`${terms.record}-${asked.at + 1}.note`} />} />
      {rows.length === 0 ? (
        <div className="empty">{t(page.next ? 'data.result.few' : 'data.result.none')}</div>
      ) : (
        <table className="records data-rows" aria-label={t('data.result', { n: asked.at + 1 })}>
          <thead>
            <tr>
              {heads.map((h) => (
                <th scope="col" key={h}>
                  {h}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((cells, i) => (
              <tr key={i}>
                {cells.map((cell, j) => (
                  <td key={j} data-label={heads[j]}>
                    {cell || <span className="quiet">—</span>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Pager page={asked.at + 1} prev={asked.at > 0 ? () => show(asked.at - 1) : undefined} next={onward} busy={busy} />
    </Panel>
  )
}
