import { CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined, DownloadOutlined } from '@ant-design/icons'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import type { Draw as DrawAnswer, RecordFull } from '../api/client'
import { problemOf } from '../api/problem'
import { useDeadlines, useDraw } from '../api/queries'
import type { FormValues } from '../form/model'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { fieldOf, titleOf, type Document } from '../law/document'
import { Shown } from '../record/Fields'
import { mine } from '../record/options'
import { useNames } from '../record/names'
import { recordPage } from '../record/pages'
import { State } from '../record/State'
import { Steps } from '../record/Steps'
import { WithRecord } from '../record/WithRecord'
import { useWho } from '../session/context'
import { civil, minute } from '../util/time'
import { AgainCard, useWording } from './AgainCard'
import { verdictOf, type Again } from './finding'
import './draw.css'
import { Freeze } from './Freeze'
import { contributing, denying, fieldsOf, freezing } from './model'
import { Result } from './Result'

/** Draw is one draw: what it is drawn from, who contributed, what came of it, and the means to draw it again. */
export default function Draw() {
  const { id = '' } = useParams()
  return <WithRecord id={id}>{({ record, law, reload }) => <Page key={id} record={record} law={law} reload={reload} />}</WithRecord>
}

function Page({ record, law, reload }: { record: RecordFull; law: Document; reload: () => void }) {
  const { t, of, mark } = useSpeech()
  const who = useWho()
  const wording = useWording()
  const proofOf = (a: Again) => a.findings.filter((f) => f.verdict === 'differs').map((f) => `${t(`draw.part.${f.part}`)}${mark.colon}${wording(f)}`).join(mark.semicolon)
  const draw = useDraw(record.id)
  const [again, setAgain] = useState<Again | null>(null)
  const [form, setForm] = useState<FormValues | undefined>()
  const [filled, setFilled] = useState(0)
  const fill = (values: FormValues) => {
    setForm(values)
    setFilled((n) => n + 1) // the forms begin anew, with these values
  }
  const denied = again && verdictOf(again.findings) === 'differs' && again.ranking ? { own_ranking_hash: again.ranking, proof: proofOf(again).slice(0, proofMost) } : undefined
  const initial = { ...(form && { [freezing]: form }), ...(denied && { [denying]: denied }) }
  const steps = record.options ?? []
  const freezes = steps.some((o) => o.event === freezing && mine(o, who).length > 0)
  const unfrozen = draw.error ? problemOf(draw.error).status === 404 : false
  return (
    <div className="page">
      <p className="crumbs">
        <Link to="/draws">{t('nav.draws')}</Link> / <Link to={recordPage(record.id)}>{t('draw.record')}</Link>
      </p>
      <Head record={record} law={law} />
      <div className="detail">
        <div>
          <Panel title={t('draw.result')}>{draw.data ? <Result draw={draw.data} law={law} again={again} /> : unfrozen ? <p className="quiet">{t('draw.notfrozen')}</p> : <Asked of={draw} />}</Panel>
          {draw.data && (
            <Panel title={t('draw.again')}>
              <AgainCard draw={draw.data} done={setAgain} />
            </Panel>
          )}
          {freezes && (
            <Panel title={t('draw.freeze')}>
              <Freeze record={record} law={law} ready={fill} title={of(titleOf(law, freezing))} />
            </Panel>
          )}
          {steps.length > 0 && (
            <Panel title={t('rec.steps')}>
              <Steps key={filled} record={record} law={law} reload={reload} initial={initial} begin={form && freezing} />
            </Panel>
          )}
        </div>
        <div>
          <Panel title={t('draw.inputs')}>{draw.data ? <Inputs draw={draw.data} record={record} law={law} /> : unfrozen ? <p className="quiet">{t('draw.notfrozen')}</p> : <Asked of={draw} />}</Panel>
          {draw.data && (
            <Panel title={t('draw.contributions')}>
              <Contributions draw={draw.data} record={record} law={law} />
            </Panel>
          )}
        </div>
      </div>
    </div>
  )
}

/** What a proof of a mismatch may hold, characters. */
const proofMost = 1000

function Asked({ of }: { of: ReturnType<typeof useDraw> }) {
  return of.error ? <Failed err={of.error} retry={() => void of.refetch()} /> : <Waiting />
}

function Head({ record, law }: { record: RecordFull; law: Document }) {
  const { of } = useSpeech()
  const f = fieldsOf(record)
  const named = ['plan', 'kind', 'stratum', 'predecessor', 'second_reason', 'proof'] as const
  return (
    <header className="record-head">
      <div>
        <h1>
          {of(law.title)} {f.draw_no} <span className="id">{record.id}</span>
        </h1>
        <p>
          <State law={law} name={record.state} />
        </p>
      </div>
      <dl className="parties">
        {named.map((name) => {
          const field = fieldOf(law, name)
          if (!field || f[name] === undefined) return null
          return (
            <div key={name}>
              <dt>{of(field)}</dt>
              <dd>{name === 'plan' ? <Link to={`/plan/${f.plan}`}>{f.plan}</Link> : name === 'predecessor' ? <Link to={`/draw/${f.predecessor}`}>{f.predecessor}</Link> : <Shown field={field} value={f[name]} />}</dd>
            </div>
          )
        })}
      </dl>
    </header>
  )
}

/** useReason words the code by which somebody is excluded, as the law does. */
function useReason(law: Document) {
  const { of } = useSpeech()
  const values = fieldOf(law, 'exclusions')?.of?.fields?.find((m) => m.name === 'reason')?.values
  return (code: string) => of(values?.find((v) => v.name === code)) || code
}

function Inputs({ draw, record, law }: { draw: DrawAnswer; record: RecordFull; law: Document }) {
  const { t } = useSpeech()
  const reason = useReason(law)
  const exclusions = draw.exclusions ?? []
  return (
    <>
      {(['pool', 'rule'] as const).map((part) => (
        <div key={part} className="draw-text">
          <b>{t(`draw.${part}`)}</b>{' '}
          <span className="quiet">
            {part === 'pool' ? t('draw.pool.of', { n: draw.count, out: exclusions.length }) : t('draw.exclusion.rule', { v: draw.exclusion_rule })}
            {part === 'pool' && fieldsOf(record).pool_taken_at && ` · ${t('draw.taken', { t: minute(fieldsOf(record).pool_taken_at) })}`}
          </span>
          <br />
          <code className="digest">{draw[part].digest}</code>{' '}
          {draw[part].held ? (
            <a href={`/v1/draws/${draw.id}/${part}`} download>
              <DownloadOutlined /> {t('draw.file')}
            </a>
          ) : (
            <span className="near">{t('draw.notheld')}</span>
          )}
        </div>
      ))}
      <table className="records draw-strata">
        <thead>
          <tr>
            <th scope="col">{t('draw.stratum')}</th>
            <th scope="col">{t('draw.quota')}</th>
          </tr>
        </thead>
        <tbody>
          {(draw.strata ?? []).map((s) => (
            <tr key={s.stratum}>
              <td>{s.stratum}</td>
              <td data-label={t('draw.quota')}>{s.rate ? `${s.rate} %` : s.number}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="quiet">{t('draw.total', { n: draw.quota })}</p>
      {exclusions.length === 0 ? (
        <p className="quiet">{t('draw.excluded.none')}</p>
      ) : (
        <details open={exclusions.length <= 10}>
          <summary>{t('draw.excluded', { n: exclusions.length })}</summary>
          <ul className="draw-list">
            {exclusions.map((e) => (
              <li key={e.id}>
                <span className="id">{e.id}</span> {reason(e.reason)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}

/** Contributions says who gave theirs and who did not, and until when. */
function Contributions({ draw, record, law }: { draw: DrawAnswer; record: RecordFull; law: Document }) {
  const { t } = useSpeech()
  const names = useNames()
  const limits = useDeadlines(record.id)
  const limit = limits.data?.items.find((d) => d.name === contributing)
  const void_ = law.terminal.includes(record.state)
  return (
    <>
      {limit?.due && <p className="quiet">{t('draw.until', { d: minute(limit.due) })}</p>}
      <ul className="draw-list">
        {(draw.regions ?? []).map((r) => {
          const given = fieldsOf(record).contributions?.find((c) => c.org.slice(0, 2) === r.region.slice(0, 2))
          return (
            <li key={r.region}>
              <b>{names.region(r.region)}</b>{' '}
              {r.contribution ? (
                <span className="good">
                  <CheckCircleOutlined /> {t('draw.gave', { t: given ? civil(given.at) : '' })}
                </span>
              ) : void_ ? (
                <span className="bad">
                  <CloseCircleOutlined /> {t('draw.default')}
                </span>
              ) : (
                <span className="near">
                  <ClockCircleOutlined /> {t('draw.awaited')}
                </span>
              )}
              <span className="sub">{r.key ? t('draw.key', { k: `${r.key} · ${(r.public ?? '').slice(0, 12)}…` }) : t('draw.nokey')}</span>
            </li>
          )
        })}
      </ul>
    </>
  )
}
