import { Alert, Button } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import { Problem } from '../api/problem'
import { Panel } from '../frame/Panel'
import { Refusal } from '../frame/refusal'
import { htmlLang, spoken, useSpeech } from '../i18n/lang'
import { save } from '../util/save'
import { AuditNav } from './Nav'
import './bench.css'

type Part = 'all' | 'record' | 'range'
type State = { is: 'idle' } | { is: 'running'; bytes: number } | { is: 'done'; bytes: number; name: string } | { is: 'stopped' } | { is: 'refused'; err: unknown }

/** Export gives the auditor one file: the whole log, some records, or a stretch of entries. */
export default function Export() {
  const { t } = useSpeech()
  const [part, setPart] = useState<Part>('all')
  const [record, setRecord] = useState('')
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const [state, setState] = useState<State>({ is: 'idle' })
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  const query = () => {
    if (part === 'all') return 'all=true'
    if (part === 'record') return `record=${encodeURIComponent(record.trim().toUpperCase().split(/[\s,，、]+/).join(','))}`
    return `from=${encodeURIComponent(from.trim())}${to.trim() ? `&to=${encodeURIComponent(to.trim())}` : ''}`
  }
  const start = async () => {
    const stop = new AbortController()
    running.current = stop
    setState({ is: 'running', bytes: 0 })
    try {
      const { file, name } = await download(query(), stop.signal, (bytes) => setState({ is: 'running', bytes }))
      save(file, name)
      setState({ is: 'done', bytes: file.size, name })
    } catch (err) {
      setState(stop.signal.aborted ? { is: 'stopped' } : { is: 'refused', err })
    }
  }
  const ready = part === 'all' || (part === 'record' ? record.trim() !== '' : from.trim() !== '')
  return (
    <div className="page">
      <AuditNav />
      <Panel title={t('export.title')}>
        <p>{t('export.lead')}</p>
        <form
          className="export"
          onSubmit={(e) => {
            e.preventDefault()
            void start()
          }}
        >
          <fieldset>
            <legend>{t('export.part')}</legend>
            {(['all', 'record', 'range'] as const).map((p) => (
              <label key={p} className="check">
                <input type="radio" name="part" checked={part === p} onChange={() => setPart(p)} /> {t(`export.part.${p}`)}
              </label>
            ))}
          </fieldset>
          {part === 'record' && (
            <label className="line">
              <span className="line-label">{t('export.record')}</span>
              <input className="select" value={record} maxLength={2200} onChange={(e) => setRecord(e.target.value)} />
            </label>
          )}
          {part === 'range' && (
            <div className="members">
              <label className="member">
                <span>{t('export.from')}</span>
                <input className="select" value={from} maxLength={20} placeholder="0 / 2025-11-10" onChange={(e) => setFrom(e.target.value)} />
              </label>
              <label className="member">
                <span>{t('export.to')}</span>
                <input className="select" value={to} maxLength={20} placeholder="120 / 2025-11-30" onChange={(e) => setTo(e.target.value)} />
              </label>
            </div>
          )}
          <p className="verify-go">
            {state.is === 'running' ? (
              <Button onClick={() => running.current?.abort()}>{t('verify.cancel')}</Button>
            ) : (
              <Button type="primary" htmlType="submit" disabled={!ready}>
                {t('export.start')}
              </Button>
            )}
          </p>
        </form>
        <div role="status">
          {state.is === 'running' && (
            <p>
              <progress className="verify-progress" aria-label={t('export.running', { n: mb(state.bytes) })} /> <span className="num">{t('export.running', { n: mb(state.bytes) })}</span>
            </p>
          )}
          {state.is === 'stopped' && <Alert type="info" showIcon title={t('export.stopped')} />}
          {state.is === 'done' && (
            <Alert type="success" showIcon title={t('export.done', { name: state.name, n: mb(state.bytes) })} description={<Link to="/audit/verify">{t('export.verify')}</Link>} />
          )}
          {state.is === 'refused' && <Refusal err={state.err} />}
        </div>
        <p className="quiet">{t('export.who')}</p>
      </Panel>
    </div>
  )
}

const mb = (bytes: number) => (bytes / (1 << 20)).toFixed(1)

/** download reads the stream to its end. A stream that breaks off is an error: nobody takes the part for the whole. */
async function download(query: string, signal: AbortSignal, tell: (bytes: number) => void): Promise<{ file: Blob; name: string }> {
  let answer: Response
  try {
    answer = await fetch(`/v1/audit/bundle?${query}`, { signal, headers: { 'Accept-Language': htmlLang(spoken()) } })
  } catch (err) {
    throw signal.aborted ? err : new Problem(0, {})
  }
  if (!answer.ok) throw new Problem(answer.status, ((await answer.json().catch(() => ({}))) ?? {}) as object)
  const name = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? 'audit.zip'
  const reader = answer.body?.getReader()
  const pieces: BlobPart[] = []
  let bytes = 0
  let told = -Infinity
  for (;;) {
    const piece = await reader?.read().catch((err: unknown) => {
      throw signal.aborted ? err : new Problem(0, {})
    })
    if (!piece || piece.done) break
    pieces.push(piece.value as BlobPart)
    bytes += piece.value.length
    if (Date.now() - told > 200) {
      told = Date.now()
      tell(bytes)
    }
  }
  return { file: new Blob(pieces, { type: 'application/zip' }), name }
}
