import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import { Link, useSearchParams } from 'react-router'
import { api, got } from '../api/client'
import type { components } from '../api/schema'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { useNames } from '../record/names'
import { AuditNav } from './Nav'
import { lookOf } from './look'
import { Looks } from './Looks'
import './bench.css'

const actions = ['read', 'export', 'query', 'asked', 'denied', 'failed', 'noted', 'begun'] as const
type Node = components['schemas']['AccessNode']

/** Looked is who looked at private data on this bureau's node, and how each node's log is anchored on the ledger. */
export default function Looked() {
  const { t } = useSpeech()
  const [params, setParams] = useSearchParams()
  const get = (name: string) => params.get(name) ?? ''
  const action = actions.find((a) => a === get('action'))
  const day = (name: string) => (/^\d{4}-\d{2}-\d{2}$/.test(get(name)) ? get(name) : '')
  const next = (name: string) => nextDay(day(name))
  const query = {
    record: get('record') || undefined,
    person: get('person') || undefined,
    action,
    from: day('from') ? `${day('from')}T00:00:00+08:00` : undefined,
    to: day('to') ? `${next('to')}T00:00:00+08:00` : undefined,
    cursor: get('cursor') || undefined,
    limit: 20,
  }
  const set = (name: string, value: string) => {
    const to = new URLSearchParams(params)
    to.delete('cursor')
    if (value) to.set(name, value)
    else to.delete(name)
    setParams(to)
  }
  const log = useQuery({ queryKey: ['live', 'looked', query], queryFn: () => got(api.GET('/v1/access-log', { params: { query } })), placeholderData: keepPreviousData })
  return (
    <div className="page">
      <AuditNav />
      <Panel title={t('looked.title')} extra={<span className="quiet">{t('looked.help')}</span>}>
        <form
          className="filters"
          aria-label={t('list.filter')}
          key={params.toString()}
          onSubmit={(e) => {
            e.preventDefault()
            const given = new FormData(e.currentTarget)
            const to = new URLSearchParams()
            for (const name of ['record', 'person', 'from', 'to']) {
              const value = String(given.get(name) ?? '').trim()
              if (value) to.set(name, name === 'record' ? value.toUpperCase() : value)
            }
            if (action) to.set('action', action)
            setParams(to)
          }}
        >
          <label>
            {t('looked.record')}
            <input className="select" name="record" defaultValue={get('record')} maxLength={27} />
          </label>
          <label>
            {t('looked.person')}
            <input className="select" name="person" defaultValue={get('person')} maxLength={22} />
          </label>
          <label>
            {t('looked.action')}
            <select value={action ?? ''} onChange={(e) => set('action', e.target.value)}>
              <option value="">{t('looked.all')}</option>
              {actions.map((a) => (
                <option key={a} value={a}>
                  {t(`looked.action.${a}`)}
                </option>
              ))}
            </select>
          </label>
          <label>
            {t('looked.from')}
            <input className="select" name="from" defaultValue={get('from')} placeholder="2025-11-01" pattern="\d{4}-\d{2}-\d{2}" />
          </label>
          <label>
            {t('looked.to')}
            <input className="select" name="to" defaultValue={get('to')} placeholder="2025-11-30" pattern="\d{4}-\d{2}-\d{2}" />
          </label>
          <Button htmlType="submit">{t('looked.go')}</Button>
        </form>
        {log.error ? (
          <Failed err={log.error} retry={() => void log.refetch()} />
        ) : !log.data ? (
          <Waiting lines={6} />
        ) : (
          <>
            {log.data.closed && <Alert type="error" showIcon title={t('looked.closed')} description={log.data.closed} />}
            <Looks items={log.data.items.map((i) => ({ index: i.index, look: lookOf(i.entry) }))} anchored={log.data.head.index === undefined ? 0 : log.data.head.size} />
            <nav className="pager" aria-label={t('looked.title')}>
              {get('cursor') && (
                <Button size="small" onClick={() => set('cursor', '')}>
                  {t('looked.first')}
                </Button>
              )}
              <Button size="small" disabled={!log.data.next} onClick={() => setParams(withCursor(params, log.data.next ?? ''))}>
                {t('list.next')}
              </Button>
            </nav>
          </>
        )}
      </Panel>
      <Panel title={t('looked.heads')} extra={<span className="quiet">{t('looked.heads.help')}</span>}>
        <Heads />
      </Panel>
      <Panel title={t('looked.proof')}>
        <p>{t('looked.proof.what')}</p>
        <p>{t('looked.proof.how')}</p>
        <pre className="signed" tabIndex={0}>
          {`sandi audit who-looked --record ${get('record') || t('looked.proof.id')} -f looked.json\nsandi-audit verify looked.json --keys auditor-keys --bundle audit.zip`}
        </pre>
        <p className="quiet">{t('looked.proof.limit')}</p>
      </Panel>
    </div>
  )
}

function withCursor(params: URLSearchParams, cursor: string): URLSearchParams {
  const to = new URLSearchParams(params)
  to.set('cursor', cursor)
  return to
}

function nextDay(day: string): string {
  if (!day) return ''
  const at = Date.parse(day + 'T00:00:00Z')
  return Number.isNaN(at) ? '' : new Date(at + 86_400_000).toISOString().slice(0, 10)
}

/** Heads is how far each node's log is anchored. */
function Heads() {
  const { t } = useSpeech()
  const names = useNames()
  const heads = useQuery({ queryKey: ['live', 'looked-heads'], queryFn: () => got(api.GET('/v1/access-log/heads')) })
  if (heads.error) return <Failed err={heads.error} retry={() => void heads.refetch()} />
  if (!heads.data) return <Waiting />
  return (
    <ul className="counts">
      {heads.data.items.map((n: Node) => {
        const last = n.heads[n.heads.length - 1] as Node['heads'][number] | undefined
        return (
          <li key={n.node}>
            <span>
              {names.region(n.region)} · {n.node}
            </span>
            <span className="num">
              {last ? t('looked.head', { log: last.log, n: last.size }) : t('looked.head.none')}
              {last?.index !== undefined && (
                <>
                  {' '}
                  <Link to={`/audit/entry/${last.index}`}>#{last.index}</Link>
                </>
              )}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
