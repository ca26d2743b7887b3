import { CheckCircleOutlined, CloseCircleOutlined, MinusCircleOutlined, SyncOutlined } from '@ant-design/icons'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { api, got, type NodeStatus } from '../api/client'
import { useRecords, useStatus } from '../api/queries'
import { Pager } from '../frame/Pager'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { useNames } from '../record/names'
import { Evidence } from './Evidence'
import { AuditNav } from './Nav'
import { before } from './sentence'
import { Sentence, type EntryData } from './EntryLine'
import { SinceLast } from './Since'

/** Entries of a page, and records counted for the figures; more is said as "or more". */
const page = 50
const counted = 100

/** Audit says whether the log holds together, who is late, and what happened, in sentences. */
export default function Audit() {
  const { t } = useSpeech()
  const status = useStatus()
  return (
    <div className="page">
      <AuditNav />
      <div className="detail">
        <Panel title={t('audit.entries')} extra={<span className="quiet">{t('audit.entries.help')}</span>}>
          {status.data ? <Entries size={status.data.size} /> : <Waiting lines={8} />}
        </Panel>
        <div>
          <Panel title={t('audit.log')}>
            {status.error ? <Failed err={status.error} retry={() => void status.refetch()} /> : status.data ? <Verdicts s={status.data} /> : <Waiting />}
          </Panel>
          <Panel title={t('audit.since')}>{status.data ? <SinceLast network={status.data.network} /> : <Waiting />}</Panel>
          <Panel title={t('audit.against')}>
            <Evidence />
          </Panel>
          <Panel title={t('audit.overdue')} extra={<span className="quiet">{t('audit.overdue.help')}</span>}>
            <ul className="counts">
              {status.data?.regions.map((r) => (
                <Late key={r.code} region={r.code} />
              ))}
            </ul>
          </Panel>
        </div>
      </div>
    </div>
  )
}

function Verdicts({ s }: { s: NodeStatus }) {
  const { t, mark } = useSpeech()
  const names = useNames()
  const c = s.checkpoints
  const newest = c?.published && c.published.size >= s.size ? c.published.cosigned_by : []
  const missing = s.regions.filter((r) => !newest.includes(r.code)).map((r) => names.region(r.code))
  const forks = c?.evidence.length ?? 0
  return (
    <>
      <ul className="verdicts">
        <li className={forks ? 'bad' : 'good'}>
          {forks ? <CloseCircleOutlined /> : <CheckCircleOutlined />} {forks ? t('audit.evidence', { n: forks }) : t('audit.evidence.none')}
        </li>
        <li className={missing.length ? '' : 'good'}>
          {missing.length ? <SyncOutlined /> : <CheckCircleOutlined />} {missing.length ? t('audit.missing', { who: missing.join(mark.list) }) : t('audit.all')}
        </li>
        {c?.final && (
          <li>
            <CheckCircleOutlined /> {t('audit.covered', { n: c.final.size - 1 })}
          </li>
        )}
        <li>
          {s.seal ? (
            <>
              <CheckCircleOutlined /> {t('audit.seal', { day: s.seal.day, n: s.seal.size })} <Link to={`/audit/entry/${s.seal.index}`}>#{s.seal.index}</Link>
            </>
          ) : (
            <>
              <MinusCircleOutlined /> {t('audit.seal.none')}
            </>
          )}
        </li>
      </ul>
      <p className="quiet">{t('audit.offline')}</p>
    </>
  )
}

/** Late counts the records with a limit that a region has let pass. */
function Late({ region }: { region: string }) {
  const { t } = useSpeech()
  const names = useNames()
  const late = useRecords({ owes: region, overdue: true, sort: 'due', limit: counted })
  const n = late.data?.items.length ?? 0
  return (
    <li>
      <span>{names.region(region)}</span>
      {late.error ? (
        <CloseCircleOutlined className="bad" aria-label={t('card.failed')} />
      ) : !late.data ? (
        <span className="quiet">…</span>
      ) : (
        <b className={n ? 'bad' : 'good'}>
          {n ? <CloseCircleOutlined /> : <CheckCircleOutlined />} {n === 0 ? t('audit.overdue.none') : late.data.next ? t('desk.more', { n }) : n}
        </b>
      )}
    </li>
  )
}

/** read gives a page of entries; the other answer of that route is the stream. */
async function read(from: number): Promise<EntryData[]> {
  const query = { ...(from > 0 ? { after: from - 1 } : {}), wait: '0s', limit: page }
  const answer = await got(api.GET('/v1/events', { params: { query } }))
  return typeof answer === 'string' ? [] : answer.events.map((e) => e.data)
}

function Entries({ size }: { size: number }) {
  const { t } = useSpeech()
  const [ends, setEnds] = useState<number[]>([]) // empty: the newest page, which moves with the ledger
  const end = ends.length > 0 ? ends[ends.length - 1] : size
  const from = before(end, page)
  const events = useQuery({
    queryKey: ['live', 'entries', from, end],
    queryFn: () => read(from),
    placeholderData: keepPreviousData,
  })
  const seen = (events.data ?? []).filter((e) => e.index < end)
  if (events.error) return <Failed err={events.error} retry={() => void events.refetch()} />
  if (!events.data) return <Waiting lines={8} />
  return (
    <>
      {seen.length === 0 && <div className="empty">{t('audit.entries.none')}</div>}
      <ol className="entries">
        {[...seen].reverse().map((e) => (
          <Sentence key={e.index} e={e} />
        ))}
      </ol>
      <Pager
        page={ends.length + 1}
        prev={ends.length > 0 ? () => setEnds(ends.slice(0, -1)) : undefined}
        next={from > 0 ? () => setEnds([...ends, from]) : undefined}
        onward={t('audit.entries.more')}
      />
    </>
  )
}
