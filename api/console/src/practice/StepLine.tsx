import { CheckCircleOutlined, ClockCircleOutlined, MinusCircleOutlined, RightCircleOutlined } from '@ant-design/icons'
import { Link } from 'react-router'
import { useLaw } from '../api/queries'
import { useSpeech } from '../i18n/lang'
import { fieldOf } from '../law/document'
import { useNames } from '../record/names'
import { useWho } from '../session/context'
import { minute } from '../util/time'
import { filled, type Progress, type Step } from './model'

interface Props {
  step: Step
  steps: Step[]
  progress: Progress
  variables: Record<string, string>
  follows: boolean // whether the person reads records: what is done is then known
}

/** StepLine is one step: when, who, what, where to do it, and whether the ledger shows it done. */
export function StepLine({ step: s, steps, progress, variables, follows }: Props) {
  const { t, of, named } = useSpeech()
  const names = useNames()
  const who = useWho()
  const p: Progress = follows ? progress : { status: 'open', done: 0 }
  const region = s.times[0].region
  const yours = region === who.region.code && s.org === who.org.code && who.roles.includes(s.role ?? '')
  const procedure = s.procedure ?? steps.find((x) => x.procedure && !x.refused && x.times.some((time) => time.record === s.times[0].record))?.procedure
  const acts = s.procedure || s.event
  return (
    <li className={`exercise-step exercise-${p.status}`} aria-current={p.status === 'next' ? 'step' : undefined}>
      <span className="exercise-mark">
        {follows && <Tick step={s} progress={p} />}
      </span>
      <div>
        <b>
          {s.n}. {of(s.what)}
        </b>
        <span className="sub">
          <span className="num">{minute(s.at)}</span> ·{' '}
          {acts ? (s.role ? t('practice.by', { org: s.org ? names.org(s.org) : t('practice.drawn'), role: named(`role.${s.role}`, s.role) }) : t('practice.drawn')) : s.state ? t('practice.node') : t('practice.remark')}
          {s.times.length > 1 && ` · ${t('practice.times', { n: s.times.length })}`}
        </span>
        {s.refused && <span className="near">{t('practice.refused', { cite: s.refused.cite || s.refused.code })}</span>}
        {acts && (p.status === 'next' || p.status === 'part' || yours) && p.status !== 'done' && (
          <span className="exercise-go">
            {yours && <b className="yours">{t('practice.yours')}</b>}{' '}
            {s.procedure ? <Link to={`/open/${s.procedure}`}>{t('practice.go.open')}</Link> : p.record && <Link to={`/record/${p.record}`}>{t('practice.go.record')}</Link>}{' '}
            {s.procedure && s.times.length > 1 && <Link to={`/imports/${s.procedure}`}>{t('practice.go.import')}</Link>}
          </span>
        )}
        {p.status === 'done' && p.record && (
          <Link to={`/record/${p.record}`} className="id">
            {p.record}
          </Link>
        )}
        {acts && procedure && Object.keys(s.fields).length + s.materials.length > 0 && (
          <details className="more" open={p.status === 'next' && yours}>
            <summary>{t('practice.fill')}</summary>
            <Fill step={s} procedure={procedure} variables={variables} />
          </details>
        )}
      </div>
    </li>
  )
}

function Tick({ step: s, progress: p }: { step: Step; progress: Progress }) {
  const { t } = useSpeech()
  switch (p.status) {
    case 'done':
      return (
        <span className="good">
          <CheckCircleOutlined /> {t('practice.is.done')}
        </span>
      )
    case 'part':
      return (
        <span className="near">
          <ClockCircleOutlined /> {t('practice.is.part', { n: p.done, m: s.times.length })}
        </span>
      )
    case 'next':
      return (
        <b className="yours">
          <RightCircleOutlined /> {t('practice.is.next')}
        </b>
      )
    case 'hidden':
      return <span className="quiet">{t('practice.is.hidden')}</span>
    case 'passed':
      return (
        <span className="quiet">
          <CheckCircleOutlined /> {t('practice.is.passed')}
        </span>
      )
    default:
      return (
        <span className="quiet">
          <MinusCircleOutlined /> {t('practice.is.open')}
        </span>
      )
  }
}

/** Fill is what the scenario fills in, in the words of the form. */
function Fill({ step: s, procedure, variables }: { step: Step; procedure: string; variables: Record<string, string> }) {
  const { t, of, aside } = useSpeech()
  const law = useLaw(procedure)
  const names = useNames()
  const label = (name: string) => (law.data && of(fieldOf(law.data, name))) || name
  const said = (name: string, value: unknown) => {
    const text = filled(value, variables)
    const field = law.data && fieldOf(law.data, name)
    const chosen = field?.values?.find((v) => v.name === text)
    if (chosen) return of(chosen)
    return field?.type === 'org' ? `${names.org(text)}${aside(text)}` : field?.type === 'bool' ? t(value === true ? 'rec.yes' : 'rec.no') : text
  }
  return (
    <dl className="fill">
      {Object.entries(s.fields).map(([name, value]) => (
        <div key={name}>
          <dt>{label(name)}</dt>
          <dd>{said(name, value)}</dd>
        </div>
      ))}
      {s.materials.map((m, i) => (
        <div key={`${m.field}-${i}`}>
          <dt>{label(m.field)}</dt>
          <dd>{t('practice.file', { name: m.name })}</dd>
        </div>
      ))}
    </dl>
  )
}
