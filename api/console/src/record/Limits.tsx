import { CheckCircleOutlined, CloseCircleOutlined, MinusCircleOutlined, PauseCircleOutlined } from '@ant-design/icons'
import type { Deadline } from '../api/client'
import { useSpeech } from '../i18n/lang'
import { partyOf, type Document } from '../law/document'
import { day } from '../util/time'
import { Due } from './Due'
import { useNames } from './names'

/** Limits are a record's time limits, the running ones first, each with its count. */
export function Limits({ items, law }: { items: Deadline[]; law: Document }) {
  const { t } = useSpeech()
  if (items.length === 0) return <p className="quiet">{t('rec.deadlines.none')}</p>
  const running = (d: Deadline) => (d.stopped ? 1 : 0)
  const sorted = [...items].sort((a, b) => running(a) - running(b) || ((a.due ?? '') < (b.due ?? '') ? -1 : 1))
  return (
    <ul className="limits">
      {sorted.map((d, i) => (
        <Limit key={`${d.name}-${d.started}-${i}`} d={d} law={law} />
      ))}
    </ul>
  )
}

function Limit({ d, law }: { d: Deadline; law: Document }) {
  const { t, of, aside } = useSpeech()
  const names = useNames()
  const owner = of(partyOf(law, d.owner)) || (d.owner === 'outside' ? t('due.outside') : d.owner)
  const place = d.org ? names.org(d.org) : d.region ? names.region(d.region) : ''
  return (
    <li>
      <div className="limit-head">
        <b>{of(d.title)}</b>
        <Verdict d={d} />
      </div>
      <div className="quiet">
        {owner}
        {place && aside(place)} {d.cite && `· ${d.cite}`}
      </div>
      {d.provisional && <div className="quiet">{t('due.provisional')}</div>}
    </li>
  )
}

function Verdict({ d }: { d: Deadline }) {
  const { t } = useSpeech()
  if (d.paused) {
    return (
      <span className="due due-calm">
        <span className="due-when">
          <PauseCircleOutlined /> {t('due.paused')}
        </span>
      </span>
    )
  }
  if (!d.stopped && d.due) {
    if (d.not_before) return <span className="due due-calm">{t('due.from', { d: day(d.due) })}</span>
    return <Due due={d.due} overdue={d.verdict === 'overdue'} workdaysLeft={d.workdays_left} />
  }
  const bad = d.verdict === 'late' || d.verdict === 'overdue'
  const icon = d.verdict === 'met' ? <CheckCircleOutlined /> : bad ? <CloseCircleOutlined /> : <MinusCircleOutlined />
  return (
    <span className={`due ${bad ? 'due-bad' : d.verdict === 'met' ? 'due-good' : 'due-calm'}`}>
      <span className="due-when">
        {icon} {t(`due.verdict.${d.verdict as 'met'}`)} · {day(d.stopped)}
        {d.due && t('due.was', { d: day(d.due) })}
      </span>
    </span>
  )
}
