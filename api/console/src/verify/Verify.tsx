import { CloseOutlined, InboxOutlined } from '@ant-design/icons'
import { Alert, Button } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { AuditNav } from '../audit/Nav'
import { Panel } from '../frame/Panel'
import { useSpeech } from '../i18n/lang'
import type { Report } from './core/report'
import { headSize, kindOf, sortOut, type Case, type Chosen } from './files'
import { Findings } from './Findings'
import type { Task, Told } from './task'
import './verify.css'

type State =
  | { is: 'idle' }
  | { is: 'running'; done: number; total: number }
  | { is: 'done'; report: Report; name: string }
  | { is: 'stopped' }
  | { is: 'wrong'; told: { badKeys: number } | { failed: string } }

/** Verify checks files that somebody drops here, in this browser and without asking a node. */
export default function Verify() {
  const { t } = useSpeech()
  const [files, setFiles] = useState<Chosen[]>([])
  const [state, setState] = useState<State>({ is: 'idle' })
  const worker = useRef<Worker | null>(null)
  const stop = () => {
    worker.current?.terminate()
    worker.current = null
  }
  useEffect(() => stop, [])
  const c = sortOut(files)

  const add = async (list: FileList) => {
    const added: Chosen[] = []
    for (const file of Array.from(list)) {
      const head = new Uint8Array(await file.slice(0, headSize).arrayBuffer())
      added.push({ id: nextId++, name: file.name, size: file.size, kind: kindOf(head, file.size), file })
    }
    setFiles((before) => [...before, ...added])
    setState({ is: 'idle' })
  }
  const remove = (id: number) => {
    setFiles((before) => before.filter((f) => f.id !== id))
    setState({ is: 'idle' })
  }
  const start = () => {
    const task = taskOf(c)
    if (!task || !c.main) return
    stop()
    const name = c.main.name
    const w = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    worker.current = w
    setState({ is: 'running', done: 0, total: 0 })
    w.onerror = (e) => setState({ is: 'wrong', told: { failed: e.message || 'worker' } })
    w.onmessage = ({ data }: MessageEvent<Told>) => {
      if ('progress' in data) {
        setState({ is: 'running', done: data.progress[0], total: data.progress[1] })
        return
      }
      stop()
      setState('report' in data ? { is: 'done', report: data.report, name } : { is: 'wrong', told: data })
    }
    w.postMessage(task)
  }

  return (
    <div className="page">
      <AuditNav />
      <Panel title={t('verify.title')}>
        <p>{t('verify.lead')}</p>
        <Drop add={(list) => void add(list)} />
        <p className="quiet">{t('verify.keys.why')}</p>
        <p className="quiet">{t('verify.more')}</p>
        {files.length > 0 && <Files files={files} c={c} remove={remove} />}
        <p className="verify-go">
          {state.is === 'running' ? (
            <Button
              onClick={() => {
                stop()
                setState({ is: 'stopped' })
              }}
            >
              {t('verify.cancel')}
            </Button>
          ) : (
            <Button type="primary" disabled={!c.main || !c.keys} onClick={start}>
              {t('verify.start')}
            </Button>
          )}
          {!c.main && <span className="quiet">{t('verify.need.main')}</span>}
          {!c.keys && <span className="quiet">{t('verify.need.keys')}</span>}
        </p>
        <div role="status">
          {state.is === 'running' && <Running done={state.done} total={state.total} />}
          {state.is === 'stopped' && <Alert type="info" showIcon title={t('verify.stopped')} />}
          {state.is === 'wrong' && <Wrong told={state.told} />}
        </div>
      </Panel>
      {state.is === 'done' && <Findings report={state.report} name={state.name} />}
    </div>
  )
}

let nextId = 1 // of chosen files: two may have one name

function taskOf(c: Case): Task | null {
  if (!c.main || !c.keys) return null
  const blobs = (list: Chosen[]) => list.map((f) => f.file)
  return { main: c.main.file, keys: c.keys.file, receipts: blobs(c.receipts), kept: blobs(c.kept), genesis: c.genesis?.file ?? null, entry: c.entry?.file ?? null }
}

function Drop({ add }: { add: (list: FileList) => void }) {
  const { t } = useSpeech()
  const [over, setOver] = useState(false)
  return (
    <label
      className={over ? 'drop drop-over' : 'drop'}
      onDragOver={(e) => {
        e.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => {
        e.preventDefault()
        setOver(false)
        add(e.dataTransfer.files)
      }}
    >
      <input
        type="file"
        multiple
        className="hidden-file"
        onChange={(e) => {
          if (e.target.files) add(e.target.files)
          e.target.value = '' // the same file can be chosen again
        }}
      />
      <span className="drop-what">
        <InboxOutlined /> <b>{t('verify.drop')}</b>
        <span className="quiet">{t('verify.drop.help')}</span>
      </span>
    </label>
  )
}

function Files({ files, c, remove }: { files: Chosen[]; c: Case; remove: (id: number) => void }) {
  const { t } = useSpeech()
  const part = (f: Chosen) => {
    if (f.kind === 'looked' && f !== c.main) return t('verify.part.looked', { name: f.name })
    if (f.kind === 'unknown') return t('verify.part.unknown')
    if (f === c.main) return t('verify.part.main')
    if (f === c.keys) return t('verify.part.keys')
    if (c.receipts.includes(f)) return t('verify.part.receipt')
    if (c.kept.includes(f)) return t('verify.part.kept')
    return f === c.genesis || f === c.entry ? t('verify.part.help') : t('verify.part.none')
  }
  return (
    <ul className="chosen" aria-label={t('verify.files')}>
      {files.map((f) => (
        <li key={f.id}>
          <b className={f.kind === 'unknown' ? 'bad' : ''}>{t(`verify.kind.${f.kind}`)}</b>
          <span className="chosen-name">{f.name}</span>
          <span className="quiet num">{sizeOf(f.size)}</span>
          <span className="quiet">{part(f)}</span>
          <Button size="small" type="text" icon={<CloseOutlined />} aria-label={t('verify.remove', { name: f.name })} onClick={() => remove(f.id)} />
        </li>
      ))}
    </ul>
  )
}

const sizeOf = (n: number) => (n < 10_240 ? `${n} B` : n < 10 << 20 ? `${Math.round(n / 1024)} KB` : `${Math.round(n / (1 << 20))} MB`)

function Running({ done, total }: { done: number; total: number }) {
  const { t } = useSpeech()
  const says = total > 0 ? t('verify.running', { done, total }) : t('verify.reading')
  return (
    <p>
      <progress className="verify-progress" aria-label={says} {...(total > 0 ? { value: done, max: total } : {})} /> <span className="num">{says}</span>
    </p>
  )
}

function Wrong({ told }: { told: { badKeys: number } | { failed: string } }) {
  const { t } = useSpeech()
  const says = 'failed' in told ? t('verify.broken', { why: told.failed }) : told.badKeys > 0 ? t('verify.badkeys', { n: told.badKeys }) : t('verify.badkeys.whole')
  return <Alert type="error" showIcon title={says} />
}
