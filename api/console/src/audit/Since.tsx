import { CheckCircleOutlined, CloseCircleOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Problem } from '../api/problem'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { utf8 } from '../verify/core/bytes'
import { claimOf, type Checkpoint } from '../verify/core/note'
import { save } from '../util/save'
import { since, type Since } from './since'

const log = '/log/final'
const key = (network: string) => `sandi-checkpoint-${network}`

interface Kept {
  note: string
  at: string // when it was kept, by the browser's clock
}

function recall(network: string): Kept | null {
  try {
    const v = JSON.parse(localStorage.getItem(key(network)) ?? 'null') as Partial<Kept> | null
    return v && typeof v.note === 'string' && typeof v.at === 'string' ? { note: v.note, at: v.at } : null
  } catch {
    return null // forbidden, or not ours
  }
}

function store(network: string, kept: Kept | null) {
  try {
    if (kept) localStorage.setItem(key(network), JSON.stringify(kept))
    else localStorage.removeItem(key(network))
  } catch {
    // then it is as if nobody had agreed
  }
}

async function fetched(path: string): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(log + path)
  } catch {
    throw new Problem(0, {})
  }
  if (!answer.ok) throw new Problem(answer.status, {})
  return answer
}

interface Seen {
  note: string
  checkpoint: Checkpoint
  verdict: Since
}

async function compare(kept: string | null): Promise<Seen | null> {
  const answer = await fetched('/checkpoint').catch((err: unknown) => {
    if (err instanceof Problem && err.status === 404) return null // nothing is final yet
    throw err
  })
  const note = answer && (await answer.text())
  const checkpoint = note && claimOf(utf8(note))
  if (!note || !checkpoint) return null
  const verdict = await since(kept, checkpoint, async (path) => new Uint8Array(await (await fetched('/' + path)).arrayBuffer()))
  return { note, checkpoint, verdict }
}

/**
 * SinceLast says whether the log is the one that this reader saw last time: the
 * checkpoint of that visit is kept in this browser, if the reader agrees, and a proof of
 * consistency is made from the log's tiles and computed here.
 */
export function SinceLast({ network }: { network: string }) {
  const { t } = useSpeech()
  const [kept, setKept] = useState(() => recall(network))
  const [first] = useState(kept) // of the visit before, whatever is kept now
  const seen = useQuery({ queryKey: ['live', 'since', network], queryFn: () => compare(first?.note ?? null) })
  if (seen.error) return <Failed err={seen.error} retry={() => void seen.refetch()} />
  if (seen.data === undefined) return <Waiting />
  const s = seen.data
  if (s === null) return <p className="quiet">{t('audit.since.none')}</p>
  const bad = s.verdict.is === 'broken' || s.verdict.is === 'shorter'
  const keep = (on: boolean) => {
    const next = on ? { note: s.note, at: new Date().toISOString() } : null
    store(network, next)
    setKept(next)
  }
  return (
    <>
      <ul className="verdicts">
        <li className={bad ? 'bad' : s.verdict.is === 'first' ? '' : 'good'}>
          {bad ? <CloseCircleOutlined /> : <CheckCircleOutlined />} <Verdict v={s.verdict} at={first?.at} />
        </li>
      </ul>
      <label className="check">
        <input type="checkbox" checked={kept !== null} onChange={(e) => keep(e.target.checked)} /> {t('audit.since.keep', { n: s.checkpoint.size })}
      </label>
      {kept && kept.note !== s.note && !bad && (
        <p>
          <button type="button" className="linkish" onClick={() => keep(true)}>
            {t('audit.since.renew')}
          </button>
        </p>
      )}
      <p>
        <button type="button" className="linkish" onClick={() => save(new Blob([s.note]), `checkpoint-${s.checkpoint.size}.txt`)}>
          {t('audit.since.save')}
        </button>
      </p>
      <p className="quiet">{t('audit.since.how')}</p>
    </>
  )
}

function Verdict({ v, at }: { v: Since; at?: string }) {
  const { t } = useSpeech()
  const when = (at ?? '').slice(0, 10)
  switch (v.is) {
    case 'first':
      return t('audit.since.first')
    case 'same':
      return t('audit.since.same', { when })
    case 'grown':
      return t('audit.since.grown', { when, from: v.from, to: v.to })
    case 'shorter':
      return t('audit.since.shorter', { when, from: v.from, to: v.to })
    default:
      return t('audit.since.broken', { when, from: v.from })
  }
}
