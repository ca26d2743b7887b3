import { CheckCircleOutlined, CloseCircleOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Alert } from 'antd'
import { Link, useParams } from 'react-router'
import { api, got, type LedgerReceipt } from '../api/client'
import { problemOf } from '../api/problem'
import { Empty } from '../frame/Empty'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { save } from '../util/save'
import { from64, type Bytes } from '../verify/core/bytes'
import { AuditNav } from './Nav'
import { cosignersOf, provenOf } from './proof'
import { Sentence, type EntryData } from './EntryLine'
import './bench.css'

/** Entry is one entry of the ledger: in a sentence, as it was signed, and with its proof. */
export default function Entry() {
  const { t } = useSpeech()
  const index = useParams().index ?? ''
  const found = useQuery({ queryKey: ['entry', index], queryFn: () => got(api.GET('/v1/entries', { params: { query: { index } } })) })
  const entry = found.data?.items[0]
  return (
    <div className="page">
      <AuditNav />
      <Panel title={t('entry.title', { n: index })} extra={<Beside index={Number(index)} size={found.data?.size ?? 0} />}>
        {found.error ? (
          <Failed err={found.error} retry={() => void found.refetch()} />
        ) : !found.data ? (
          <Waiting />
        ) : entry ? (
          <ol className="entries">
            <Sentence e={entry} />
          </ol>
        ) : (
          <Empty to="/audit" go={t('nav.audit')}>
            {t('entry.hidden')}
          </Empty>
        )}
      </Panel>
      {entry && <Signed key={index} entry={entry} />}
    </div>
  )
}

function Beside({ index, size }: { index: number; size: number }) {
  const { t } = useSpeech()
  return (
    <span className="beside">
      {index > 0 && <Link to={`/audit/entry/${index - 1}`}>{t('entry.before')}</Link>}
      {index + 1 < size && <Link to={`/audit/entry/${index + 1}`}>{t('entry.after')}</Link>}
    </span>
  )
}

type Answer = LedgerReceipt | (Omit<Partial<LedgerReceipt>, 'statement'> & { statement?: undefined })
const covered = (r: Answer): r is LedgerReceipt => r.statement !== undefined

/** Signed is an entry's receipt: the statement as it was signed, decoded, and the path to a cosigned checkpoint. */
function Signed({ entry }: { entry: EntryData }) {
  const { t } = useSpeech()
  const receipt = useQuery({
    queryKey: ['live', 'entry-receipt', entry.region, entry.statement],
    queryFn: async () =>
      (await got(api.GET('/v1/statements/{id}/receipt', { params: { path: { id: entry.statement }, query: { region: entry.region, wait: '10s' } } }))) as Answer,
    retry: (n, err) => n < 3 && problemOf(err).status === 503,
    refetchInterval: ({ state }) => (state.data && !covered(state.data) ? 1000 : false),
  })
  if (receipt.error && problemOf(receipt.error).status === 403) {
    return (
      <Panel title={t('entry.signed')}>
        <Alert type="info" showIcon title={t('entry.foreign')} description={t('entry.foreign.why')} />
      </Panel>
    )
  }
  if (receipt.error) return <Failed err={receipt.error} retry={() => void receipt.refetch()} />
  if (!receipt.data) return <Waiting lines={6} />
  if (!covered(receipt.data)) return <p className="quiet">{t('rec.proof.pending')}</p>
  return <Shown r={receipt.data} id={entry.statement} />
}

function Shown({ r, id }: { r: LedgerReceipt; id: string }) {
  const { t, named, mark } = useSpeech()
  const path = r.path.map(from64).filter((h): h is Bytes => h !== null)
  const p = provenOf({ index: r.index, leaf: r.leaf, path, checkpoint: r.checkpoint })
  if (!p) return <Alert type="error" showIcon title={t('entry.unreadable')} />
  const st = p.statement
  const good = p.stands && path.length === r.path.length
  return (
    <div className="detail">
      <Panel title={t('entry.signed')}>
        {st && (
          <dl className="facts">
            <dt>{t('entry.kind')}</dt>
            <dd>{st.kind}</dd>
            <dt>{t('entry.by')}</dt>
            <dd>
              {st.region} · {st.actor.org} · {named(`role.${st.actor.role}`, st.actor.role)}
              {st.actor.person && <code className="digest"> {st.actor.person}</code>}
            </dd>
            <dt>{t('entry.key')}</dt>
            <dd>
              {st.region}/{st.key} · {st.alg}
            </dd>
            <dt>{t('entry.hash')}</dt>
            <dd>
              <code className="digest">{st.hash}</code>
            </dd>
            {st.prev && (
              <>
                <dt>{t('entry.prev')}</dt>
                <dd>
                  <code className="digest">{st.prev}</code>
                </dd>
              </>
            )}
          </dl>
        )}
        <h3>{t('entry.fields')}</h3>
        <pre className="signed" tabIndex={0}>
          {p.body}
        </pre>
        <details>
          <summary>{t('entry.raw')}</summary>
          <pre className="signed raw" tabIndex={0}>
            {r.statement}
          </pre>
        </details>
      </Panel>
      <Panel title={t('entry.proof')}>
        <ul className="verdicts">
          <li className={good ? 'good' : 'bad'}>
            {good ? <CheckCircleOutlined /> : <CloseCircleOutlined />} {good ? t('entry.stands', { n: r.index, size: r.size }) : t('entry.differs')}
          </li>
        </ul>
        <p className="quiet">{t('entry.stands.how')}</p>
        <dl className="facts">
          <dt>{t('entry.time')}</dt>
          <dd>{p.ledgerTime}</dd>
          <dt>{t('audit.leaf')}</dt>
          <dd>
            <code className="digest">{p.leafHash}</code>
          </dd>
          <dt>{t('entry.state')}</dt>
          <dd>
            <code className="digest">{p.state}</code>
          </dd>
          <dt>{t('entry.cosigners')}</dt>
          <dd>{cosignersOf(r.checkpoint, p.checkpoint?.origin ?? '').join(mark.list)}</dd>
        </dl>
        <details>
          <summary>{t('entry.path', { n: r.path.length })}</summary>
          <ol className="path">
            {r.path.map((h, i) => (
              <li key={i}>
                <code className="digest">{h}</code>
              </li>
            ))}
          </ol>
        </details>
        <details>
          <summary>{t('entry.checkpoint')}</summary>
          <pre className="signed raw" tabIndex={0}>
            {r.checkpoint}
          </pre>
        </details>
        <p>
          <button type="button" className="linkish" onClick={() => save(new Blob([JSON.stringify(r)], { type: 'application/json' }), `receipt-${id}.json`)}>
            {t('rec.proof.save')}
          </button>
        </p>
      </Panel>
    </div>
  )
}
