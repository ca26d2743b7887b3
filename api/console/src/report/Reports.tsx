import { BarChartOutlined } from '@ant-design/icons'
import { Link } from 'react-router'
import { useProcedures } from '../api/queries'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { useReports } from './queries'
import { rooms } from './rooms'

/** Reports is what there is to be counted, and the rooms that are entered from here. */
export default function Reports() {
  const { t, of } = useSpeech()
  const reports = useReports()
  const procedures = useProcedures()
  return (
    <div className="page narrow">
      <h1 className="greeting">{t('report.title')}</h1>
      <Panel title={t('report.rooms')} extra={<span className="quiet">{t('report.rooms.help')}</span>}>
        <ul className="rooms">
          {rooms.map((r) => (
            <li key={r.procedure}>
              <Link to={`/rooms/${r.procedure}`}>
                <BarChartOutlined /> {of(procedures.data?.items.find((p) => p.name === r.procedure)?.title) || r.procedure}
              </Link>
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title={t('report.all')}>
        {reports.error ? (
          <Failed err={reports.error} retry={() => void reports.refetch()} />
        ) : !reports.data ? (
          <Waiting lines={6} />
        ) : (
          <ul className="limits">
            {reports.data.items.map((r) => (
              <li key={r.name}>
                <Link to={`/reports/${r.name}`}>
                  <b>{of(r.title)}</b>
                </Link>{' '}
                <span className="quiet">{t('report.figures', { n: r.figures.length })}</span>
                <span className="sub">{of(r.note)}</span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </div>
  )
}
