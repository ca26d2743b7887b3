import { CheckCircleOutlined, CloseCircleOutlined, HourglassOutlined, UserOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useMemo, useRef, useState, type ReactNode } from 'react'
import { Link, useParams } from 'react-router'
import { api, got, type RecordFull } from '../api/client'
import { useDraw, useRecord, useStatus } from '../api/queries'
import { Panel } from '../frame/Panel'
import { Failed, Refusal } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import type { Inputs } from '../form/Line'
import { useSpeech } from '../i18n/lang'
import { fieldOf, partyOf, type Document } from '../law/document'
import { Due } from '../record/Due'
import { Fields, Shown } from '../record/Fields'
import { useNames } from '../record/names'
import { mine } from '../record/options'
import { recordPage } from '../record/pages'
import { State } from '../record/State'
import { Steps } from '../record/Steps'
import { WithRecord, type Read } from '../record/WithRecord'
import { useWho } from '../session/context'
import { Answers } from './Answers'
import './mission.css'
import { begun, itemsOf, missionOf, place, placed, planOf, windowOf, type ChecklistItem, type Drawn } from './model'
import { Offline } from './Offline'

/** Mission is one assignment as its team needs it on a telephone: whose turn it is, when, where, with whom, on what basis, what to check. */
export default function Mission() {
  const { id = '' } = useParams()
  return (
    <WithRecord id={id} keeps>
      {(read) => <Page key={id} {...read} />}
    </WithRecord>
  )
}

function Page({ record, law, lost, reload }: Read) {
  const { t } = useSpeech()
  const f = missionOf(record)
  const status = useStatus()
  const experts = useDrawn(f.expert_draw)
  const plan = useRecord(f.plan ?? '')
  const checklist = useRecord(f.checklist_ref ?? '')
  const items = useMemo(() => itemsOf(checklist.data), [checklist.data])
  const initial = begun(record, { experts, checklist: items, plan: plan.data && planOf(plan.data), now: status.data?.now ?? '' })
  const inputs = useMemo(() => {
    const own: Inputs = {}
    if (items.length > 0) own.answers = (p) => <Answers {...p} items={items} />
    return own
  }, [items])
  const steps = useRef<HTMLDivElement>(null)
  const [begin, setBegin] = useState('')
  const go = (event: string) => {
    setBegin(event)
    steps.current?.scrollIntoView()
  }
  const rest = { ...law, fields: law.fields.filter((field) => !placed.includes(field.name ?? '')) }
  return (
    <div className="page mission">
      <p className="crumbs">
        <Link to="/missions">{t('mission.tasks')}</Link> / <Link to={recordPage(record.id)}>{t('mission.record')}</Link>
      </p>
      <Offline failed={lost} />
      <Head record={record} law={law} />
      <Turn record={record} law={law} go={go} />
      <div className="mission-cards">
        <When record={record} law={law} today={status.data?.now.slice(0, 10) ?? ''} />
        <Where record={record} law={law} />
        <Team record={record} law={law} drawn={experts} />
        <Basis record={record} law={law} title={plan.data && planOf(plan.data).title} />
      </div>
      <div ref={steps}>
        <Panel title={t('rec.steps')}>
          <Steps key={begin} record={record} law={law} reload={reload} initial={initial} inputs={inputs} begin={begin} />
        </Panel>
      </div>
      {f.checklist_ref && (
        <Panel title={t('mission.checklist')} extra={<Link to={recordPage(f.checklist_ref)}>{f.checklist_ref}</Link>}>
          {checklist.error && !checklist.data ? <Failed err={checklist.error} retry={() => void checklist.refetch()} /> : checklist.data ? <Checklist items={items} record={record} law={law} /> : <Waiting />}
        </Panel>
      )}
      {rest.fields.some((field) => (field.name ?? '') in record.fields) && (
        <Panel title={t('mission.rest')}>
          <Fields record={record} law={rest} />
        </Panel>
      )}
    </div>
  )
}

/** useDrawn is what a draw came to, as far as our region may see it. */
function useDrawn(id: string | undefined): Drawn | undefined {
  const draw = useDraw(id ?? '')
  const o = draw.data?.outcome
  return o ? { selected: o.selected ?? [], reserves: o.reserves ?? [], taken: (draw.data?.taken ?? []).map((x) => x.id) } : undefined
}

function Head({ record, law }: { record: RecordFull; law: Document }) {
  const { of } = useSpeech()
  const f = missionOf(record)
  const next = (record.deadlines ?? []).filter((d) => !d.not_before && d.due).sort((a, b) => ((a.due ?? '') < (b.due ?? '') ? -1 : 1))[0]
  return (
    <header className="mission-head">
      <h1>{f.target_name}</h1>
      <p>
        <State law={law} name={record.state} /> <span className="id">{record.id}</span>
      </p>
      {next?.due && <Due due={next.due} overdue={next.verdict === 'overdue'} workdaysLeft={next.workdays_left} title={of(next.title)} />}
    </header>
  )
}

/** Turn says first whose turn it is, and what the person has to have ready. */
function Turn({ record, law, go }: { record: RecordFull; law: Document; go: (event: string) => void }) {
  const { t, of, named, mark } = useSpeech()
  const who = useWho()
  const options = (record.options ?? []).filter((o) => !o.auto && !o.blocked)
  const ours = options.filter((o) => mine(o, who).length > 0)
  const label = (name: string) => of(fieldOf(law, name)) || name
  if (ours.length > 0) {
    return (
      <section className="turn turn-yours" aria-label={t('mission.now')}>
        <h2>
          <UserOutlined /> {t('mission.now')}
        </h2>
        <ul>
          {ours.map((o) => (
            <li key={o.event}>
              <Button size="small" onClick={() => go(o.event)}>
                {t('act.title', { what: of(o.title) })}
              </Button>
              {(o.require?.length ?? 0) > 0 && <span className="sub">{t('mission.prepare', { what: (o.require ?? []).map(label).join(mark.list) })}</span>}
            </li>
          ))}
        </ul>
      </section>
    )
  }
  const others = [...new Set(options.flatMap((o) => (o.by ?? []).map((a) => `${of(partyOf(law, a.party)) || ''} ${named(`role.${a.role}`, a.role)}`.trim())))]
  const text = law.terminal.includes(record.state) ? t('mission.ended') : others.length > 0 ? t('mission.waiting', { who: others.slice(0, 3).join(mark.list) + (others.length > 3 ? '…' : '') }) : t('mission.byitself')
  return (
    <section className="turn">
      <HourglassOutlined /> {text}
    </section>
  )
}

function Card({ title, children }: { title: string; children: ReactNode }) {
  return <Panel title={title}>{children}</Panel>
}

/** Named is a value with its label of the law. */
function Named({ record, law, name }: { record: RecordFull; law: Document; name: string }) {
  const { of } = useSpeech()
  const field = fieldOf(law, name)
  if (!field || record.fields[name] === undefined) return null
  return (
    <div>
      <dt>{of(field)}</dt>
      <dd>
        <Shown field={field} value={record.fields[name]} />
      </dd>
    </div>
  )
}

function When({ record, law, today }: { record: RecordFull; law: Document; today: string }) {
  const { t } = useSpeech()
  const f = missionOf(record)
  const w = windowOf(f.window_from, f.window_to, today)
  return (
    <Card title={t('mission.when')}>
      {!f.window_from ? (
        <p className="quiet">{t('mission.notset')}</p>
      ) : (
        <>
          <p className="mission-days">
            {f.window_from} — {f.window_to}
          </p>
          {w && !law.terminal.includes(record.state) && (
            <p className={w.when === 'during' ? 'good' : w.when === 'after' ? 'near' : 'quiet'}>
              {w.when === 'during' ? t('mission.during', { n: w.day, of: w.of }) : t(`mission.${w.when}`, { n: w.days })}
            </p>
          )}
        </>
      )}
    </Card>
  )
}

function Where({ record, law }: { record: RecordFull; law: Document }) {
  const { t } = useSpeech()
  return (
    <Card title={t('mission.where')}>
      <dl className="mission-list">
        {['target_name', 'target_uscc', 'field', 'cma_no', 'host_org', 'assignment_no'].map((name) => (
          <Named key={name} record={record} law={law} name={name} />
        ))}
      </dl>
    </Card>
  )
}

/** Team is who goes, how each expert came to it, and who receives them. */
function Team({ record, law, drawn }: { record: RecordFull; law: Document; drawn: Drawn | undefined }) {
  const { t, of } = useSpeech()
  const f = missionOf(record)
  const gone = f.recused && !f.experts?.includes(f.recused) ? f.recused : undefined
  const reason = of(fieldOf(law, 'reason_code')?.values?.find((v) => v.name === f.reason_code))
  return (
    <Card title={t('mission.who')}>
      <dl className="mission-list">
        {['lead_org', 'team_lead'].map((name) => (
          <Named key={name} record={record} law={law} name={name} />
        ))}
        <div>
          <dt>{of(fieldOf(law, 'experts'))}</dt>
          <dd>
            {(f.experts ?? []).length === 0 && <span className="quiet">{t('mission.notset')}</span>}
            <ul>
              {(f.experts ?? []).map((id) => {
                const p = place(drawn, id)
                return (
                  <li key={id}>
                    <Expert id={id} because={record.id} />
                    {p && (
                      <span className="sub">
                        {t(`mission.rank.${p.as}`, { n: p.rank })}
                        {p.as === 'reserve' && f.substitute === id && f.recused && ` · ${t('mission.rank.instead', { who: f.recused })}`}
                      </span>
                    )}
                  </li>
                )
              })}
              {gone && (
                <li className="quiet">
                  <span className="id">{gone}</span> {t('mission.left')} {reason && `· ${reason}`} {f.recusal_evidence}
                </li>
              )}
            </ul>
          </dd>
        </div>
        <div>
          <dt>{of(fieldOf(law, 'host_officers'))}</dt>
          <dd>
            {(f.host_officers ?? []).length === 0 ? (
              <span className="quiet">{t('mission.officers.none')}</span>
            ) : (
              <ul>
                {(f.host_officers ?? []).map((o) => (
                  <li key={o.cert_no}>
                    {o.person} <span className="id">{o.cert_no}</span>
                  </li>
                ))}
              </ul>
            )}
          </dd>
        </div>
      </dl>
    </Card>
  )
}

/** Expert is one of the team; name and telephone stay at home until somebody asks for them because of the assignment. */
function Expert({ id, because }: { id: string; because: string }) {
  const { t, of } = useSpeech()
  const [values, setValues] = useState<{ title: { zh: string; en: string }; value?: unknown }[] | null>(null)
  const [err, setErr] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const ask = async () => {
    setErr(null)
    setBusy(true)
    try {
      setValues((await got(api.GET('/v1/records/{id}/private', { params: { path: { id }, query: { because } } }))).items ?? [])
    } catch (e) {
      setErr(e)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <Link to={recordPage(id)} className="id">
        {id}
      </Link>{' '}
      {values ? (
        values.map((v) => (
          <span key={v.title.en} className="sub">
            {of(v.title)} <b>{typeof v.value === 'string' ? v.value : '—'}</b>
          </span>
        ))
      ) : (
        <Button size="small" type="link" loading={busy} onClick={() => void ask()}>
          {t('mission.name.show')}
        </Button>
      )}
      {err !== null && <Refusal err={err} />}
    </>
  )
}

function Basis({ record, law, title }: { record: RecordFull; law: Document; title: string | undefined }) {
  const { t, of, mark } = useSpeech()
  const names = useNames()
  const f = missionOf(record)
  const drawn = useDrawn(f.target_draw)
  const p = f.target_uscc ? place(drawn, f.target_uscc) : undefined
  const owner = record.parties.organiser
  return (
    <Card title={t('mission.basis')}>
      <dl className="mission-list">
        <div>
          <dt>{of(fieldOf(law, 'plan'))}</dt>
          <dd>
            <Link to={`/plan/${f.plan}`}>{title ?? f.plan}</Link>
            {owner?.org && <span className="sub">{names.org(owner.org)}</span>}
          </dd>
        </div>
        {(['target_draw', 'expert_draw'] as const).map((name) => (
          <div key={name}>
            <dt>{of(fieldOf(law, name))}</dt>
            <dd>
              <Link to={`/draw/${f[name]}`} className="id">
                {f[name]}
              </Link>
              <span className="sub">{name === 'target_draw' && p ? t('mission.basis.target', { n: p.rank }) : t('mission.basis.see')}</span>
            </dd>
          </div>
        ))}
        <div>
          <dt>{t('act.basis')}</dt>
          <dd>{law.basis.join(mark.list)}</dd>
        </div>
      </dl>
    </Card>
  )
}

/** Checklist is what is to be looked at, with the answers once they are given. */
function Checklist({ items, record, law }: { items: ChecklistItem[]; record: RecordFull; law: Document }) {
  const { t, of } = useSpeech()
  const answers = missionOf(record).answers ?? []
  const member = fieldOf(law, 'answers')?.of?.fields?.find((m) => m.name === 'result')
  const good = member?.values?.[0]?.name
  const bad = answers.filter((a) => a.result !== good && a.result !== 'not_applicable').length
  return (
    <details className="checklist" open={answers.length > 0 && bad > 0 ? true : undefined}>
      <summary>
        {t('mission.checklist.count', { n: items.length })}
        {answers.length > 0 && ` · ${t('mission.checklist.done', { n: answers.length, bad })}`}
      </summary>
      <ol>
        {items.map((item) => {
          const a = answers.find((x) => x.item_id === item.id)
          return (
            <li key={item.id}>
              <b>{item.id}</b> {item.text} <span className="quiet">{item.clause}</span>
              {item.evidence && <span className="sub">{t('mission.evidence', { what: item.evidence })}</span>}
              {a && (
                <span className={`sub ${a.result === good ? 'good' : 'bad'}`}>
                  {a.result === good ? <CheckCircleOutlined /> : <CloseCircleOutlined />} {of(member?.values?.find((v) => v.name === a.result))} {a.note}
                </span>
              )}
            </li>
          )
        })}
      </ol>
    </details>
  )
}
