import { CheckCircleOutlined, CloseCircleOutlined, ExclamationCircleOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Problem } from '../api/problem'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { minute } from '../util/time'

interface Fork {
  n: number
  id: string
  why: string
  seen: string
  notes: string[]
}

interface Delay {
  node: string
  statement: string
  due: string
  index?: number
  at?: string
  kept_late_s?: number
}

async function read(): Promise<{ items: Fork[]; delays: Delay[] }> {
  let answer: Response
  try {
    answer = await fetch('/log/evidence')
  } catch {
    throw new Problem(0, {})
  }
  if (!answer.ok) throw new Problem(answer.status, {})
  return (await answer.json()) as { items: Fork[]; delays: Delay[] }
}

/** Evidence is what stands against anyone: forks, and promises to bring a statement in that were not kept in time. */
export function Evidence() {
  const { t } = useSpeech()
  const seen = useQuery({ queryKey: ['live', 'evidence'], queryFn: read })
  if (seen.error) return <Failed err={seen.error} retry={() => void seen.refetch()} />
  if (!seen.data) return <Waiting />
  const { items, delays } = seen.data
  return (
    <ul className="verdicts">
      <li className={items.length ? 'bad' : 'good'}>
        {items.length ? <CloseCircleOutlined /> : <CheckCircleOutlined />} {items.length ? t('audit.forks', { n: items.length }) : t('audit.forks.none')}
      </li>
      {items.map((f) => (
        <li key={f.id} className="sub-item">
          <code className="digest">{f.id}</code> {minute(f.seen)} · <a href={f.notes[0]}>{t('audit.fork.first')}</a> · <a href={f.notes[1]}>{t('audit.fork.second')}</a>
        </li>
      ))}
      <li className={delays.length ? 'near' : 'good'}>
        {delays.length ? <ExclamationCircleOutlined /> : <CheckCircleOutlined />} {delays.length ? t('audit.promises', { n: delays.length }) : t('audit.promises.none')}
      </li>
      {delays.map((d) => (
        <li key={d.node + d.statement} className="sub-item">
          {d.index === undefined
            ? t('audit.promise.open', { node: d.node, id: d.statement, due: minute(d.due) })
            : t('audit.promise.late', { node: d.node, id: d.statement, due: minute(d.due), n: d.index, s: d.kept_late_s ?? 0 })}
        </li>
      ))}
    </ul>
  )
}
