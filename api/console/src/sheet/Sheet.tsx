import { DownloadOutlined } from '@ant-design/icons'
import { Alert, Button } from 'antd'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { Link, useParams } from 'react-router'
import { useLaw, useStatus } from '../api/queries'
import { Empty } from '../frame/Empty'
import { Panel } from '../frame/Panel'
import { sheetCautions } from '../form/refined'
import { RolePick } from '../form/RolePick'
import { Failed, Refusal } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { titleOf, type Document } from '../law/document'
import { useWho } from '../session/context'
import { FileDrop } from './FileDrop'
import { countsOf, officesOf, progress, unfinished, type Import, type Report } from './model'
import { annotated, preview, run, useImports } from './queries'
import { PrintAll } from './PrintAll'
import { Rows } from './Rows'
import { Templates } from './Templates'
import './sheet.css'

/** Sheet imports records of one procedure: template, file, preview, result. */
export default function Sheet() {
  const { name = '' } = useParams()
  const { t, of } = useSpeech()
  const imports = useImports()
  const law = useLaw(name)
  if (imports.error) return <Failed err={imports.error} retry={() => void imports.refetch()} />
  if (!imports.data) return <Waiting lines={6} />
  const it = imports.data.items.find((i) => i.procedure === name)
  if (!it) return <Empty to="/imports" go={t('sheet.which')}>{t('sheet.notfound')}</Empty>
  if (law.error) return <Failed err={law.error} retry={() => void law.refetch()} />
  if (!law.data) return <Waiting lines={6} />
  return (
    <div className="page">
      <p className="crumbs">
        <Link to="/imports">{t('nav.imports')}</Link> / {of(it.title)}
      </p>
      <h1 className="greeting">{of(it.title)}</h1>
      <Template it={it} law={law.data} />
      <Intake key={name} it={it} law={law.data} />
    </div>
  )
}

function Template({ it, law }: { it: Import; law: Document }) {
  const { t, of } = useSpeech()
  return (
    <Panel title={t('sheet.step1')}>
      <p className="quiet">
        {t('sheet.row', { steps: it.steps.map((step) => of(titleOf(law, step)) || step).join(' → ') })} · {t('sheet.step1.help')}
      </p>
      <Templates address={`/v1/imports/${it.procedure}/template`} name={it.procedure} />
      <details className="more">
        <summary>
          {t('sheet.what')} ({it.columns.length})
        </summary>
        <table className="records">
          <thead>
            <tr>
              <th scope="col">{t('sheet.column')}</th>
              <th scope="col">{t('sheet.need')}</th>
              <th scope="col">{t('sheet.where')}</th>
            </tr>
          </thead>
          <tbody>
            {it.columns.map((c) => (
              <tr key={c.field}>
                <td>{of(c.title)}</td>
                <td data-label={t('sheet.need')}>{c.required ? t('act.required') : t('act.optional')}</td>
                <td data-label={t('sheet.where')}>{t(`sheet.see.${c.see as 'clear'}`)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </Panel>
  )
}

type Phase = { at: 'idle' | 'checking' } | { at: 'running' | 'preview' | 'done'; report: Report }

/** Intake takes a file, shows what would come of it, and brings it to the ledger. */
function Intake({ it, law }: { it: Import; law: Document }) {
  const { t, named, mark } = useSpeech()
  const who = useWho()
  const client = useQueryClient()
  const offices = officesOf(law, it.steps)
  const roles = who.roles.filter((role) => offices.includes(role))
  const [role, setRole] = useState(roles[0] ?? '')
  const [file, setFile] = useState<File | null>(null)
  const [phase, setPhase] = useState<Phase>({ at: 'idle' })
  const [err, setErr] = useState<unknown>(null)
  const told = useRef<HTMLDivElement>(null)

  const check = async (chosen: File, as: string) => {
    setErr(null)
    setFile(chosen)
    setPhase({ at: 'checking' })
    try {
      setPhase({ at: 'preview', report: await preview(it.procedure, chosen, as) })
    } catch (e) {
      setErr(e)
      setPhase({ at: 'idle' })
    }
  }
  const go = async (good: boolean) => {
    if (!file || !('report' in phase)) return
    setErr(null)
    const before = phase
    setPhase({ at: 'running', report: phase.report })
    try {
      setPhase({ at: 'done', report: await run(it.procedure, file, role, good) })
      void client.invalidateQueries({ queryKey: ['live'] })
    } catch (e) {
      setErr(e) // what stands stands: the same sheet completes it
      setPhase(before)
    }
  }
  const back = () => {
    if (!file) return
    setErr(null)
    annotated(it.procedure, file, role).catch(setErr)
  }
  useEffect(() => {
    if (phase.at === 'preview' || phase.at === 'done') told.current?.focus()
  }, [phase.at])

  const known = 'report' in phase && phase.at !== 'running' ? phase.report : null
  return (
    <>
      <Panel title={t('sheet.step2')}>
        {roles.length === 0 ? (
          <p className="quiet">{t('sheet.notyours', { who: offices.map((o) => named(`role.${o}`, o)).join(mark.list) })}</p>
        ) : (
          <>
            <RolePick
              className="member sheet-role"
              roles={roles}
              role={role}
              disabled={phase.at === 'running'}
              pick={(r) => {
                setRole(r)
                if (file) void check(file, r)
              }}
            />
            <FileDrop name={file?.name} busy={phase.at === 'checking' || phase.at === 'running'} take={(f) => void check(f, role)} />
            {phase.at === 'checking' && <p role="status">{t('sheet.checking', { name: file?.name ?? '' })}</p>}
          </>
        )}
        {err !== null && <Refusal err={err} />}
      </Panel>
      {phase.at === 'running' && <Running rows={countsOf(phase.report).ready} steps={it.steps.length} />}
      {known && (
        <Panel title={t(phase.at === 'done' ? 'sheet.step4' : 'sheet.step3')} extra={<span className="quiet">{phase.at === 'preview' ? t('sheet.nothing') : ''}</span>}>
          <div tabIndex={-1} ref={told} className="act-top">
            <Said report={known} done={phase.at === 'done'} />
          </div>
          {phase.at === 'preview' && countsOf(known).ready > 0 && <Think it={it} />}
          <div className="buttons">
            {phase.at === 'preview' && <Confirm report={known} go={(good) => void go(good)} />}
            {phase.at === 'done' && unfinished(known) && (
              <Button type="primary" onClick={() => void go(true)}>
                {t('sheet.again.go')}
              </Button>
            )}
            <Button icon={<DownloadOutlined />} onClick={back}>
              {t(known.bad > 0 ? 'sheet.back' : 'sheet.back.done')}
            </Button>
            {phase.at === 'done' && <Link to={`/records?procedure=${it.procedure}`}>{t('sheet.list')}</Link>}
          </div>
          {phase.at === 'done' && <PrintAll report={known} />}
          <Rows key={phase.at} report={known} />
        </Panel>
      )}
    </>
  )
}

/** Think is what the forms of the rows' steps would have said one by one. */
function Think({ it }: { it: Import }) {
  const { t, of, aside } = useSpeech()
  return sheetCautions(it.procedure, it.steps).map((c) => <Alert key={c.text.zh} className="sheet-think" type="warning" showIcon title={t('sheet.think')} description={of(c.text) + aside(c.cite)} />)
}

/** Running says how far an import has come, as the ledger grows. */
function Running({ rows, steps }: { rows: number; steps: number }) {
  const { t } = useSpeech()
  const status = useStatus()
  const size = status.data?.size ?? 0
  const began = useRef(0)
  if (began.current === 0) began.current = size
  const share = progress(size - began.current, rows, steps)
  return (
    <Panel title={t('sheet.step3')}>
      <label className="sheet-progress">
        <span role="status">{t('sheet.running', { p: Math.round(share * 100) })}</span>
        <progress value={share} max={1} />
      </label>
    </Panel>
  )
}

function Said({ report, done }: { report: Report; done: boolean }) {
  const { t } = useSpeech()
  const n = countsOf(report)
  const finished = n.there === n.rows
  const text = done && finished ? t('sheet.finished', { n: n.rows }) : done && unfinished(report) ? t('sheet.again') : n.wrong > 0 ? t('sheet.mend') : finished ? t('sheet.there') : undefined
  const counts = [t('sheet.count.rows', { n: n.rows }), n.ready > 0 && t('sheet.count.ready', { n: n.ready }), n.wrong > 0 && t('sheet.count.wrong', { n: n.wrong }), n.there > 0 && t('sheet.count.there', { n: n.there })]
  return <Alert type={n.wrong > 0 || (done && !finished) ? 'warning' : 'success'} showIcon role="status" title={counts.filter(Boolean).join(' · ')} description={text} />
}

function Confirm({ report, go }: { report: Report; go: (good: boolean) => void }) {
  const { t } = useSpeech()
  const n = countsOf(report)
  if (n.ready === 0) return null
  return (
    <>
      <Button type="primary" onClick={() => go(n.wrong > 0)}>
        {n.wrong > 0 ? t('sheet.go.good', { n: n.ready }) : t('sheet.go.all', { n: n.ready })}
      </Button>
      <span className="quiet">{t('sheet.consequence')}</span>
    </>
  )
}
