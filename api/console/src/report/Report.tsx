import { DownloadOutlined, PrinterOutlined, ReloadOutlined } from '@ant-design/icons'
import { Button, Input } from 'antd'
import { useEffect, useState } from 'react'
import { Link, useParams, useSearchParams } from 'react-router'
import { download } from '../api/client'
import { problemOf } from '../api/problem'
import { useStatus } from '../api/queries'
import { Empty } from '../frame/Empty'
import { Panel } from '../frame/Panel'
import { Failed, Refusal } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { useNames } from '../record/names'
import { minute } from '../util/time'
import { Account, hasAccount } from './Account'
import { Breakdown } from './Breakdown'
import { byRegion, periodOf, type Figure, type Report as Counted } from './model'
import { useReport, type Asked } from './queries'
import { Rows } from './Rows'
import { Totals } from './Totals'
import './report.css'

/** Report is one report: what was asked is in the address of the page. */
export default function Report() {
  const { name = '' } = useParams()
  const { t, of } = useSpeech()
  const [params] = useSearchParams()
  const asked: Asked = { from: params.get('from') ?? undefined, to: params.get('to') ?? undefined, region: params.get('region') ?? undefined }
  const report = useReport(name, asked)
  if (report.error && problemOf(report.error).status === 404) return <Empty to="/reports" go={t('nav.reports')}>{t('report.none')}</Empty>
  return (
    <div className="page report">
      <p className="crumbs">
        <Link to="/reports">{t('nav.reports')}</Link>
        {report.data && ` / ${of(report.data.title)}`}
      </p>
      <h1 className="greeting">{report.data ? of(report.data.title) : t('report.title')}</h1>
      <Asking name={name} asked={asked} report={report.data} again={() => void report.refetch()} />
      {report.error ? <Failed err={report.error} retry={() => void report.refetch()} /> : report.data ? <Parts name={name} asked={asked} report={report.data} /> : <Waiting lines={8} />}
    </div>
  )
}

/** Asking is the period and the region that are counted, and what can be taken along. */
function Asking({ name, asked, report, again }: { name: string; asked: Asked; report: Counted | undefined; again: () => void }) {
  const { t, of, lang } = useSpeech()
  const [, setParams] = useSearchParams()
  const status = useStatus()
  const [from, setFrom] = useState(asked.from ?? '')
  const [to, setTo] = useState(asked.to ?? '')
  const [err, setErr] = useState<unknown>(null)
  const today = status.data?.now ?? ''
  useEffect(() => {
    setFrom(asked.from ?? '')
    setTo(asked.to ?? '')
  }, [asked.from, asked.to])
  const ask = (next: Asked) => setParams(Object.fromEntries(Object.entries({ ...asked, ...next }).filter(([, v]) => v)) as Record<string, string>)
  const query = new URLSearchParams(Object.entries({ ...asked, as: 'xlsx', lang }).filter(([, v]) => v) as [string, string][])
  return (
    <form
      className="filters"
      aria-label={t('list.filter')}
      onSubmit={(e) => {
        e.preventDefault()
        if (from === (asked.from ?? '') && to === (asked.to ?? '')) again()
        else ask({ from, to })
      }}
    >
      <label>
        {t('report.from')}
        <Input className="report-day" value={from} placeholder="2025-01-01" maxLength={10} onChange={(e) => setFrom(e.target.value)} />
      </label>
      <label>
        {t('report.to')}
        <Input className="report-day" value={to} placeholder="2025-12-31" maxLength={10} onChange={(e) => setTo(e.target.value)} />
      </label>
      {(['quarter', 'year', 'last'] as const).map((kind) => (
        <button key={kind} type="button" className="linkish" disabled={!today} onClick={() => ask(periodOf(kind, today))}>
          {t(`report.${kind}`)}
        </button>
      ))}
      <button type="button" className="linkish" onClick={() => ask({ from: '', to: '' })}>
        {t('report.ever')}
      </button>
      {report && byRegion(report, report) && (
        <label>
          {t('report.region')}
          <select value={asked.region ?? ''} onChange={(e) => ask({ region: e.target.value })}>
            <option value="">{t('report.allregions')}</option>
            {status.data?.regions.map((r) => (
              <option key={r.code} value={r.code}>
                {of(r.name)}
              </option>
            ))}
          </select>
        </label>
      )}
      <span className="report-take">
        <Button size="small" htmlType="submit" icon={<ReloadOutlined />}>
          {t('report.again')}
        </Button>
        <Button
          size="small"
          icon={<DownloadOutlined />}
          onClick={() => {
            setErr(null)
            download(`/v1/reports/${name}?${query.toString()}`, `${name}.xlsx`).catch(setErr)
          }}
        >
          {t('report.xlsx')}
        </Button>
        <Button size="small" icon={<PrinterOutlined />} onClick={() => window.print()}>
          {t('report.print')}
        </Button>
      </span>
      {err !== null && <Refusal err={err} />}
    </form>
  )
}

function Parts({ name, asked, report }: { name: string; asked: Asked; report: Counted }) {
  const { t, of, mark } = useSpeech()
  const names = useNames()
  const broken = report.figures.filter((f) => (f.by ?? []).length > 0)
  return (
    <>
      <p className="quiet">{of(report.note)}</p>
      <p className="quiet">
        {t('report.counted', { n: report.index, t: minute(report.ledger_time), region: names.region(report.sees), r: report.records })} {t('report.version', { n: report.version })}
        {(report.basis ?? []).length > 0 && ` · ${t('report.basis')}${mark.colon}${(report.basis ?? []).join(mark.list)}`}
      </p>
      <Panel title={t('report.summary')}>
        <Totals report={report} />
      </Panel>
      {hasAccount(report) && (
        <Panel title={t('report.account')}>
          <Account report={report} />
        </Panel>
      )}
      {broken.map((f) => (
        <OneFigure key={f.name} name={name} asked={asked} figure={f} report={report} />
      ))}
      {report.left_out.length > 0 && (
        <Panel title={t('report.leftout')}>
          <table className="records numbers">
            <thead>
              <tr>
                <th scope="col">{t('report.group')}</th>
                <th scope="col">{t('report.reason')}</th>
                <th scope="col">{t('report.count')}</th>
              </tr>
            </thead>
            <tbody>
              {report.left_out.map((l) => (
                <tr key={`${l.rows}/${l.code}`}>
                  <th scope="row">{of(l.title)}</th>
                  <td data-label={t('report.reason')}>{of(l.reason)}</td>
                  <td data-label={t('report.count')} className="num">
                    {l.count}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      )}
      <p className="quiet">{t('report.key')}</p>
    </>
  )
}

function OneFigure({ name, asked, figure, report }: { name: string; asked: Asked; figure: Figure; report: Counted }) {
  const { of } = useSpeech()
  const [list, setList] = useState('')
  return (
    <Panel title={of(figure.title)} extra={<span className="quiet">{of(figure.unit)}</span>}>
      <Breakdown figure={figure} report={report} listed={list !== ''} list={(which) => setList(list === which ? '' : which)} />
      {list && <Rows name={name} asked={asked} figure={list} title={of(figure.title)} />}
    </Panel>
  )
}
