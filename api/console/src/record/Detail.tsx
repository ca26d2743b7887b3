import { Link, useParams } from 'react-router'
import type { RecordFull } from '../api/client'
import { useDeadlines } from '../api/queries'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import type { Document } from '../law/document'
import { Papers } from '../paper/Papers'
import { Due } from './Due'
import { Fields } from './Fields'
import { Head } from './Head'
import { Limits } from './Limits'
import { Onward } from './Onward'
import { ownPage } from './pages'
import { Steps } from './Steps'
import { Timeline } from './Timeline'
import { WithRecord, type Read } from './WithRecord'

/** Detail is one record: who holds it, until when, what can be done, what was done. */
export default function Detail() {
  const { id = '' } = useParams()
  return <WithRecord id={id}>{(read) => <Page {...read} />}</WithRecord>
}

function Page({ record, law, reload }: Read) {
  const { t, of } = useSpeech()
  const id = record.id
  const own = ownPage(law.name, id)
  return (
    <div className="page">
      <p className="crumbs">
        <Link to="/records">{t('nav.records')}</Link> / <Link to={`/records?procedure=${law.name}`}>{of(law.title)}</Link>
        {own && (
          <>
            {' '}
            · <Link to={own}>{t('mission.page')}</Link>
          </>
        )}
      </p>
      <Top record={record} law={law} />
      <div className="detail">
        <div>
          <Panel title={t('rec.steps')}>
            <Steps record={record} law={law} reload={reload} />
            <Onward record={record} law={law} />
          </Panel>
          <Panel title={t('rec.fields')}>
            <Fields record={record} law={law} />
          </Panel>
        </div>
        <div>
          <Panel title={t('rec.deadlines')}>
            <AllLimits id={id} law={law} />
          </Panel>
          <Panel title={t('paper.title')}>
            <Papers record={id} />
          </Panel>
          <Panel title={t('rec.timeline')}>
            <Timeline id={id} law={law} />
          </Panel>
          {record.links && record.links.length > 0 && (
            <Panel title={t('rec.links')}>
              <ul className="links">
                {record.links.map((l) => (
                  <li key={l.rel + l.id}>
                    <Link to={`/record/${l.id}`} className="id">
                      {l.id}
                    </Link>
                  </li>
                ))}
              </ul>
            </Panel>
          )}
        </div>
      </div>
    </div>
  )
}

function Top({ record, law }: { record: RecordFull; law: Document }) {
  const { t, of } = useSpeech()
  const next = (record.deadlines ?? []).filter((d) => !d.not_before && d.due).sort((a, b) => ((a.due ?? '') < (b.due ?? '') ? -1 : 1))[0]
  return (
    <Head record={record} law={law} beside={next?.due && <Due due={next.due} overdue={next.verdict === 'overdue'} workdaysLeft={next.workdays_left} title={of(next.title)} />}>
      <div>
        <dt>{t('rec.version', { n: record.version })}</dt>
        <dd title={record.head}>
          {t('rec.head')} <code>{record.head.slice(0, 10)}…</code>
        </dd>
      </div>
    </Head>
  )
}

function AllLimits({ id, law }: { id: string; law: Document }) {
  const deadlines = useDeadlines(id)
  if (deadlines.error) return <Failed err={deadlines.error} retry={() => void deadlines.refetch()} />
  if (!deadlines.data) return <Waiting />
  return <Limits items={deadlines.data.items} law={law} />
}
