import { DownloadOutlined } from '@ant-design/icons'
import { Alert, Button } from 'antd'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { Pages } from '../frame/Pager'
import { pageOf } from '../frame/pages'
import { Refusal } from '../frame/refusal'
import { useSpeech } from '../i18n/lang'
import type { Document } from '../law/document'
import { useWho } from '../session/context'
import { FileDrop } from '../sheet/FileDrop'
import { Templates } from '../sheet/Templates'
import '../sheet/sheet.css'
import { faultsOfPage, loadMost, officesOf, type DataSet, type LoadReport } from './model'
import { checked, load, wrongRows } from './queries'

type Phase = { at: 'idle' | 'busy' } | { at: 'checked' | 'loaded'; report: LoadReport }

/** Load takes a file of rows: template, check with a report per row, and all rows at once or none. */
export function Load({ set, law }: { set: DataSet; law: Document }) {
  const { t, named, mark } = useSpeech()
  const who = useWho()
  const client = useQueryClient()
  const offices = officesOf(law)
  const roles = who.roles.filter((role) => offices.includes(role))
  const [file, setFile] = useState<File | null>(null)
  const [phase, setPhase] = useState<Phase>({ at: 'idle' })
  const [err, setErr] = useState<unknown>(null)
  const told = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (phase.at === 'checked' || phase.at === 'loaded') told.current?.focus()
  }, [phase.at])
  if (roles.length === 0) return <p className="quiet">{t('data.load.notyours', { who: offices.map((o) => named(`role.${o}`, o)).join(mark.list) })}</p>

  const role = roles[0]
  const take = async (chosen: File, run: typeof checked, then: 'checked' | 'loaded') => {
    setErr(null)
    setFile(chosen)
    setPhase({ at: 'busy' })
    try {
      setPhase({ at: then, report: await run(set.record, chosen, role) })
      if (then === 'loaded') void client.invalidateQueries({ queryKey: ['live', 'data-set', set.record] })
    } catch (e) {
      setErr(e)
      setPhase({ at: 'idle' })
    }
  }
  const report = 'report' in phase ? phase.report : null
  return (
    <>
      <h3>{t('data.load')}</h3>
      <p className="quiet">{t('data.load.help')}</p>
      <Templates address={`/v1/data-sets/${set.record}/template`} name={set.record} />
      <FileDrop name={file?.name} busy={phase.at === 'busy'} take={(f) => void take(f, checked, 'checked')} limits={{ most: loadMost, large: t('data.load.large'), kinds: t('data.load.kinds') }} />
      {phase.at === 'busy' && <p role="status">{t('sheet.checking', { name: file?.name ?? '' })}</p>}
      {err !== null && <Refusal err={err} />}
      {report && file && (
        <div tabIndex={-1} ref={told} className="act-top">
          <Said report={report} />
          <div className="buttons">
            {phase.at === 'checked' && report.wrong === 0 && !report.unchanged && (
              <Button type="primary" onClick={() => void take(file, load, 'loaded')}>
                {t('data.load.go', { n: report.rows })}
              </Button>
            )}
            {report.wrong > 0 && (
              <Button icon={<DownloadOutlined />} onClick={() => void wrongRows(set.record, file, role).catch(setErr)}>
                {t('data.load.back')}
              </Button>
            )}
          </div>
          {report.faults.length > 0 && <Faults report={report} set={set} />}
        </div>
      )}
    </>
  )
}

function Said({ report: r }: { report: LoadReport }) {
  const { t } = useSpeech()
  if (r.wrong > 0) return <Alert type="warning" showIcon role="status" title={t('data.load.wrong', { n: r.wrong, m: r.rows + r.wrong })} description={t('data.load.mend')} />
  if (r.unchanged) return <Alert type="info" showIcon role="status" title={t('data.load.unchanged')} />
  if (r.done) return <Alert type="success" showIcon role="status" title={t('data.load.done', { n: r.rows })} description={t('data.load.done.what')} />
  return <Alert type="success" showIcon role="status" title={t('data.load.right', { n: r.rows })} description={t('sheet.nothing')} />
}

/** Faults are the wrong cells, a page at a time, by row as spreadsheets number them. */
function Faults({ report, set }: { report: LoadReport; set: DataSet }) {
  const { t, of } = useSpeech()
  const [asked, setPage] = useState(1)
  const { items, page, pages } = pageOf(report.faults, asked, faultsOfPage)
  return (
    <>
      <table className="records sheet-rows" aria-label={t('data.load.faults')}>
        <thead>
          <tr>
            <th scope="col">{t('sheet.at')}</th>
            <th scope="col">{t('sheet.column')}</th>
            <th scope="col">{t('sheet.errors')}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((f, i) => (
            <tr key={i}>
              <td data-label={t('sheet.at')} className="num">
                {f.row}
              </td>
              <td data-label={t('sheet.column')}>{of(set.columns.find((c) => c.name === f.field)?.title) || f.field || <span className="quiet">{t('data.load.whole')}</span>}</td>
              <td data-label={t('sheet.errors')} className="bad">
                {of(f.text)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Pages page={page} pages={pages} show={setPage} />
    </>
  )
}
