import { CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined } from '@ant-design/icons'
import { Alert } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { useNodes, useProcedures, useStatus } from '../api/queries'
import { Command } from '../frame/Command'
import { offline } from '../frame/offline'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { useNames } from '../record/names'
import { day, minute } from '../util/time'
import { HandIn } from './HandIn'
import { outlook, type Proposal } from './model'
import { useProposals, useSigning } from './queries'
import './votes.css'

/** Votes is what regions decide upon together, and how this one says its word. */
export default function Votes() {
  const { t } = useSpeech()
  return (
    <div className="page">
      <Panel title={t('vote.law')}>
        <p className="quiet">{t('vote.how')}</p>
        <Proposals />
      </Panel>
      <Panel title={t('vote.members')}>
        <Moves />
        <Members />
      </Panel>
      <Panel title={t('vote.offline')}>
        <p className="quiet">{t('vote.offline.why')}</p>
        <Errands />
      </Panel>
      <HandIn />
    </div>
  )
}

/** useTitle is what a proposal is called: the procedure's title, or what kind of text it is. */
export function useTitle() {
  const { named, of, t } = useSpeech()
  const procedures = useProcedures()
  return (p: Proposal) => {
    const title = p.form === 'procedure' ? of(procedures.data?.items.find((q) => q.name === p.name)?.title) || p.name : named(`vote.form.${p.form}`, p.form)
    return `${title} ${t('vote.version', { n: p.version })}`
  }
}

/** State says how a proposal stands, in words and colour. */
export function State({ p }: { p: Proposal }) {
  const { t, named } = useSpeech()
  const status = useStatus()
  const o = outlook(p, status.data?.regions.map((r) => r.code) ?? [], status.data?.ledger_time ?? p.from)
  const state = !status.data ? p.state : o.ripe ? 'ripe' : o.early ? 'early' : p.state
  const tone = state === 'adopted' || state === 'ripe' ? 'good' : state === 'rejected' ? 'bad' : 'near'
  const icon = tone === 'good' ? <CheckCircleOutlined /> : tone === 'bad' ? <CloseCircleOutlined /> : <ClockCircleOutlined />
  return (
    <span className={tone}>
      {icon} {named(`vote.state.${state}`, t('vote.state.open'))}
    </span>
  )
}

function Proposals() {
  const { t, mark } = useSpeech()
  const names = useNames()
  const title = useTitle()
  const status = useStatus()
  const list = useProposals()
  if (list.error) return <Failed err={list.error} retry={() => void list.refetch()} />
  if (!list.data || !status.data) return <Waiting lines={4} />
  const regions = status.data.regions.map((r) => r.code)
  const now = status.data.ledger_time
  const items = [...list.data.items].reverse()
  if (items.length === 0) return <p className="empty">{t('vote.none')}</p>
  return (
    <table className="records proposals">
      <thead>
        <tr>
          {(['vote.what', 'vote.by', 'vote.state', 'vote.missing', 'vote.from'] as const).map((key) => (
            <th key={key}>{t(key)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((p) => (
          <tr key={p.region + p.id}>
            <td data-label={t('vote.what')}>
              <Link to={`/votes/${p.region}/${p.id}`}>{title(p)}</Link>
            </td>
            <td data-label={t('vote.by')}>{names.region(p.region)}</td>
            <td data-label={t('vote.state')}>
              <State p={p} />
            </td>
            <td data-label={t('vote.missing')}>{outlook(p, regions, now).missing.map(names.region).join(mark.list) || <span className="quiet">{t('vote.nothing')}</span>}</td>
            <td className="num" data-label={t('vote.from')}>
              {day(p.from)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Moves are the moves of leadership that wait for a second region, with the line that signs one. */
function Moves() {
  const { t, mark } = useSpeech()
  const names = useNames()
  const signing = useSigning()
  const status = useStatus()
  const moves = status.data?.moves ?? []
  if (!signing || moves.length === 0) return null
  return (
    <ul className="members-list">
      {moves.map((m) => (
        <li key={`${m.leader} ${m.candidate} ${m.term}`}>
          <Alert
            type="warning" showIcon
            title={t('vote.move', { from: m.leader, to: m.candidate, term: m.term, regions: m.regions.map(names.region).join(mark.list), n: m.needs, until: minute(m.until) })}
          />
          {!m.regions.includes(signing.region) && (
            <>
              <p>{t('vote.move.how')}</p>
              <Command lines={[offline(`gov move --leader ${m.leader} --candidate ${m.candidate} --term ${m.term}`, 'leader.move.jws', signing)]} />
            </>
          )}
        </li>
      ))}
    </ul>
  )
}

function Members() {
  const { t, named, of, mark } = useSpeech()
  const names = useNames()
  const nodes = useNodes()
  if (nodes.error) return <Failed err={nodes.error} retry={() => void nodes.refetch()} />
  if (!nodes.data) return <Waiting />
  const { removals, plan, waits } = nodes.data
  const against = nodes.data.nodes.filter((n) => n.removed === undefined && n.against.length > 0)
  if (against.length + plan.length + waits.length === 0) return <p className="quiet">{t('vote.members.none')}</p>
  return (
    <ul className="members-list">
      {against.map((n) => (
        <li key={n.id}>
          <Alert type="warning" showIcon title={t('vote.against', { node: n.id, regions: n.against.map(names.region).join(mark.list), n: removals })} />
        </li>
      ))}
      {plan.map((s) => (
        <li key={s.action + s.node}>{t('vote.plan', { what: named(`vote.plan.${s.action}`, s.action), node: s.node })}</li>
      ))}
      {waits.map((w) => (
        <li key={w.text.en}>{of(w.text)}</li>
      ))}
    </ul>
  )
}

const kinds = ['propose', 'add', 'remove', 'move'] as const

/** Errands shows the lines for what a region signs besides votes. */
function Errands() {
  const { t } = useSpeech()
  const signing = useSigning()
  const status = useStatus()
  const nodes = useNodes()
  const [kind, setKind] = useState<(typeof kinds)[number]>('propose')
  const [node, setNode] = useState('')
  const [reason, setReason] = useState('')
  if (!signing || !status.data || !nodes.data) return <Waiting />
  const leader = status.data.replica.leader ?? ''
  const ids = nodes.data.nodes.filter((n) => n.removed === undefined && (kind !== 'move' || (n.id !== leader && n.server === 'voter'))).map((n) => n.id)
  const reasons = kind === 'move' ? (['delay', 'planned', 'suspicion'] as const) : (['replaced', 'ceased', 'compromised'] as const)
  const chosen = ids.includes(node) ? node : (ids[0] ?? '')
  const why = reasons.find((r) => r === reason) ?? reasons[0]
  const lines = {
    propose: ['sandi law lint FILE', offline('law propose FILE', 'law.propose.jws', signing)],
    add: [offline('node add node-add.json', 'node.add.jws', signing)],
    remove: [offline(`node remove ${chosen} --reason ${why}`, 'node.remove.jws', signing)],
    move: [offline(`gov move --leader ${leader} --candidate ${chosen} --term ${status.data.replica.term} --reason ${why}`, 'leader.move.jws', signing)],
  }[kind]
  return (
    <>
      <div className="filters">
        <label>
          {t('vote.errand')}
          <select value={kind} onChange={(e) => setKind(e.target.value as typeof kind)}>
            {kinds.map((k) => (
              <option key={k} value={k}>
                {t(`vote.errand.${k}`)}
              </option>
            ))}
          </select>
        </label>
        {(kind === 'remove' || kind === 'move') && (
          <>
            <label>
              {t('vote.node')}
              <select value={chosen} onChange={(e) => setNode(e.target.value)}>
                {ids.map((id) => (
                  <option key={id}>{id}</option>
                ))}
              </select>
            </label>
            <label>
              {t('vote.reason')}
              <select value={why} onChange={(e) => setReason(e.target.value)}>
                {reasons.map((r) => (
                  <option key={r} value={r}>
                    {t(`vote.reason.${r}`)}
                  </option>
                ))}
              </select>
            </label>
          </>
        )}
      </div>
      <p>{t(`vote.errand.${kind}.how`, { n: nodes.data.removals })}</p>
      <Command lines={lines} />
      {signing.practice && <p className="quiet">{t('vote.practice')}</p>}
    </>
  )
}
