import { CheckCircleOutlined, PauseCircleOutlined } from '@ant-design/icons'
import { Alert } from 'antd'
import { Link, useParams } from 'react-router'
import type { RecordFull } from '../api/client'
import { problemOf } from '../api/problem'
import { useLaw, useRecord } from '../api/queries'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import type { Document } from '../law/document'
import { Fields } from '../record/Fields'
import { useNames } from '../record/names'
import { recordPage } from '../record/pages'
import { State } from '../record/State'
import { Steps } from '../record/Steps'
import { useWho } from '../session/context'
import { minute } from '../util/time'
import { Columns } from './Columns'
import { Load } from './Load'
import { agreementPage, agreements, type Agreement, type DataSet as Set } from './model'
import { useAgreements, useDataSet } from './queries'
import './dataset.css'

/** What of an entry this page shows elsewhere than among its fields. */
const placed = ['title', 'columns', 'key_columns']

/** DataSet is one data set: what it holds, whose it is, what was agreed about it, and for its owner the rows. */
export default function DataSet() {
  const { id = '' } = useParams()
  const { t } = useSpeech()
  const record = useRecord(id)
  const law = useLaw(record.data?.procedure ?? '', record.data?.version ?? 0)
  const set = useDataSet(id)
  const missing = [record.error, set.error].find((err) => err && problemOf(err).status === 404)
  if (missing) return <div className="empty">{t('data.notfound')}</div>
  if (record.error) return <Failed err={record.error} retry={() => void record.refetch()} />
  if (law.error) return <Failed err={law.error} retry={() => void law.refetch()} />
  if (!record.data || !law.data) return <Waiting lines={8} />
  const rest = { ...law.data, fields: law.data.fields.filter((f) => !placed.includes(f.name ?? '')) }
  return (
    <div className="page">
      <p className="crumbs">
        <Link to="/data">{t('nav.data')}</Link> / <Link to={recordPage(id)}>{t('data.record')}</Link>
      </p>
      {set.data ? <Head record={record.data} law={law.data} set={set.data} /> : set.error ? <Failed err={set.error} retry={() => void set.refetch()} /> : <Waiting />}
      <div className="detail">
        <div>
          <Panel title={t('data.columns')}>{set.data ? <Schema set={set.data} /> : <Waiting lines={5} />}</Panel>
          {set.data && <Rows set={set.data} law={law.data} ended={law.data.terminal.includes(record.data.state)} />}
          <Panel title={t('rec.fields')}>
            <Fields record={record.data} law={rest} />
          </Panel>
        </div>
        <div>
          <Panel title={t('data.agreements')}>
            <Agreed id={id} />
            {set.data && <Begin set={set.data} />}
          </Panel>
          <Panel title={t('rec.steps')}>
            <Steps record={record.data} law={law.data} reload={() => void record.refetch()} />
          </Panel>
        </div>
      </div>
    </div>
  )
}

function Head({ record, law, set }: { record: RecordFull; law: Document; set: Set }) {
  const { t } = useSpeech()
  const names = useNames()
  return (
    <header className="record-head">
      <div>
        <h1>
          {set.title} <span className="id">{record.id}</span>
        </h1>
        <p>
          <State law={law} name={record.state} />
          <span className={set.shared ? 'good' : 'quiet'}>
            {set.shared ? <CheckCircleOutlined /> : <PauseCircleOutlined />} {t(set.shared ? 'data.shared' : 'data.unshared')}
          </span>
        </p>
      </div>
      <dl className="parties">
        <div>
          <dt>{t('data.owner')}</dt>
          <dd>{names.region(set.owner)}</dd>
        </div>
      </dl>
    </header>
  )
}

function Schema({ set }: { set: Set }) {
  const { t } = useSpeech()
  if (set.fault) return <Alert type="error" showIcon title={t('data.fault')} description={<code>{set.fault}</code>} />
  return <Columns list={set.columns} label={t('data.columns')} />
}

/** Rows are what is loaded; for other bureaus, where they lie. */
function Rows({ set, law, ended }: { set: Set; law: Document; ended: boolean }) {
  const { t } = useSpeech()
  const names = useNames()
  const who = useWho()
  const own = set.owner === who.region.code
  return (
    <Panel title={t('data.rows')}>
      {!own ? (
        <p className="quiet">{t('data.rows.there', { who: names.region(set.owner) })}</p>
      ) : (
        <>
          {set.loaded ? (
            <p>
              <b>{t('data.rows.loaded', { n: set.loaded.rows })}</b> <span className="quiet">{t('data.rows.at', { at: minute(set.loaded.at) })}</span>
              <span className="sub">
                {t('data.rows.digest')} <code className="digest">{set.loaded.sha256}</code>
              </span>
            </p>
          ) : (
            <p className="quiet">{t('data.rows.none')}</p>
          )}
          {!set.fault && !ended && <Load set={set} law={law} />}
        </>
      )}
    </Panel>
  )
}

/** Agreed are the agreements about a data set that our region is a side of. */
function Agreed({ id }: { id: string }) {
  const { t, of } = useSpeech()
  const names = useNames()
  const law = useLaw(agreements)
  const list = useAgreements()
  if (list.error) return <Failed err={list.error} retry={() => void list.refetch()} />
  if (!list.data) return <Waiting />
  const about = list.data.items.filter((a) => a.data_set === id)
  if (about.length === 0) return <p className="quiet">{t('data.agreed.none')}</p>
  return (
    <ul className="limits">
      {about.map((a) => (
        <li key={a.record}>
          <div className="limit-head">
            <Link to={agreementPage(a.record)} className="id">
              {a.record}
            </Link>
            <State law={law.data} name={a.state} />
          </div>
          <span className="sub">
            {a.asker && t('data.asker.is', { who: names.region(a.asker) })} · {t('data.until', { d: a.until })} · {of(law.data?.title)}
          </span>
          <Standing of={a} />
        </li>
      ))}
    </ul>
  )
}

/** Standing says whether rows are given under an agreement now, and why not. */
export function Standing({ of: a }: { of: Agreement }) {
  const { t, named } = useSpeech()
  if (a.usable) {
    return (
      <span className="good">
        <CheckCircleOutlined /> {t('data.usable')}
      </span>
    )
  }
  return (
    <span className="near">
      <PauseCircleOutlined /> {named(`data.why.${a.why}`, a.detail ?? a.why ?? '')}
    </span>
  )
}

/** Begin leads to the form of an agreement about a data set. */
function Begin({ set }: { set: Set }) {
  const { t } = useSpeech()
  const who = useWho()
  const law = useLaw(agreements)
  const may = (law.data?.open.by ?? []).some((a) => who.roles.includes(a.role))
  if (!may || !set.shared) return null
  return (
    <p>
      <Link to="agree">{t(set.owner === who.region.code ? 'data.offer' : 'data.request')}</Link>
    </p>
  )
}
