import { Link, useParams } from 'react-router'
import { useLaw } from '../api/queries'
import { Empty } from '../frame/Empty'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { Begin } from '../record/Begin'
import { RecordTable } from '../record/Table'
import { Bars } from './Bars'
import type { Report } from './model'
import { useCells } from './names'
import { useReport } from './queries'
import { roomOf } from './rooms'
import { Scores } from './Scores'
import { Totals } from './Totals'
import './report.css'

/** Room is one subject: its figures, each leading to the whole report, and its records. */
export default function Room() {
  const { procedure = '' } = useParams()
  const { t, of } = useSpeech()
  const room = roomOf(procedure)
  const law = useLaw(room ? procedure : '')
  if (!room) return <Empty to="/reports" go={t('nav.reports')}>{t('report.noroom')}</Empty>
  const title = law.data ? of(law.data.title) : procedure
  return (
    <div className="page report">
      <p className="crumbs">
        <Link to="/reports">{t('nav.reports')}</Link> / {title}
      </p>
      <h1 className="greeting">{title}</h1>
      {room.reports.map((name) => (
        <Figures key={name} name={name} />
      ))}
      {room.scores && (
        <Panel title={t('pt.title')}>
          <Scores procedure={procedure} />
        </Panel>
      )}
      <Panel title={t('report.records')} extra={<Link to={`/records?procedure=${procedure}`}>{t('nav.records')}</Link>}>
        <RecordTable query={{ procedure, sort: '-updated' }} label={title} empty={<Begin procedure={procedure} others={t('report.room.others')}>{t('desk.empty')}</Begin>} />
      </Panel>
    </div>
  )
}

/** Figures are the totals of a report with its first plot. */
function Figures({ name }: { name: string }) {
  const { t, of } = useSpeech()
  const report = useReport(name, {})
  return (
    <Panel title={report.data ? of(report.data.title) : t('report.room')} extra={<Link to={`/reports/${name}`}>{t('report.open')}</Link>}>
      {report.error ? <Failed err={report.error} retry={() => void report.refetch()} /> : report.data ? <Shown report={report.data} /> : <Waiting lines={5} />}
    </Panel>
  )
}

function Shown({ report }: { report: Report }) {
  const { of } = useSpeech()
  const cells = useCells(report)
  const drawn = report.figures.filter((f) => (f.by ?? []).some((c) => c.groups.length > 0))
  const figure = drawn.find((f) => f.measure === 'ratio') ?? drawn[0]
  const cut = figure?.by?.find((c) => c.groups.length > 0)
  return (
    <>
      <Totals report={report} />
      {figure && cut && (
        <>
          <h3>
            {of(figure.title)} · {cut.dimensions.map((d) => of(d.title)).join(' × ')}
          </h3>
          <Bars figure={figure} cut={cut} name={(key) => cells.group(cut, key)} />
        </>
      )}
    </>
  )
}
