import { CheckCircleOutlined, CloseCircleOutlined, QuestionCircleOutlined, WarningOutlined } from '@ant-design/icons'
import { Alert } from 'antd'
import { useNodes, useStatus } from '../api/queries'
import type { NodeStatus } from '../api/client'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { minute } from '../util/time'
import { useNames } from '../record/names'

/** Nodes says how this node and its ledger stand among the others. */
export default function Nodes() {
  const { t } = useSpeech()
  const status = useStatus()
  return (
    <div className="page">
      <div className="detail">
        <Panel title={t('nodes.ledger')}>
          {status.error ? <Failed err={status.error} retry={() => void status.refetch()} /> : status.data ? <Ledger s={status.data} /> : <Waiting lines={6} />}
        </Panel>
        <Panel title={t('nodes.network')}>
          <Network />
        </Panel>
      </div>
    </div>
  )
}

function Ledger({ s }: { s: NodeStatus }) {
  const { t, mark } = useSpeech()
  const names = useNames()
  const warnings = [s.checkpoints?.warning, s.checkpoints?.stopped, s.checkpoints?.quarantine].filter((w) => w)
  const point = (c: { size: number; cosigned_by: string[] } | undefined) =>
    c ? `#${c.size - 1} · ${t('nodes.by')} ${c.cosigned_by.map(names.region).join(mark.list)}` : t('app.none')
  return (
    <>
      {warnings.map((w) => (
        <Alert key={w} type="warning" showIcon title={`${t('nodes.warning')}${mark.colon}${w}`} />
      ))}
      <dl className="fields">
        {(
          [
            ['nodes.size', s.size],
            ['nodes.time', minute(s.ledger_time)],
            ['nodes.leader', s.replica.leader ?? t('app.none')],
            ['nodes.published', point(s.checkpoints?.published)],
            ['nodes.final', point(s.checkpoints?.final)],
          ] as const
        ).map(([key, value]) => (
          <div className="field" key={key}>
            <dt>{t(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div className="field field-wide">
          <dt>{t('nodes.root')}</dt>
          <dd>
            <code className="digest">{s.root}</code>
          </dd>
        </div>
        <div className="field field-wide">
          <dt>{t('nodes.digest')}</dt>
          <dd>
            <code className="digest">{s.state_digest}</code>
          </dd>
        </div>
      </dl>
    </>
  )
}

function Network() {
  const { t, mark } = useSpeech()
  const names = useNames()
  const status = useStatus()
  const nodes = useNodes()
  if (nodes.error) return <Failed err={nodes.error} retry={() => void nodes.refetch()} />
  if (!nodes.data || !status.data) return <Waiting lines={4} />
  const s = status.data
  const standing = nodes.data.nodes.filter((n) => n.removed === undefined)
  const reachOf = (id: string) => {
    if (id === s.node) return t('nodes.here')
    const r = s.checkpoints?.others.find((o) => o.node === id)
    if (!r) return ''
    if (r.ago_s === undefined) return t('nodes.silent')
    const when = t('nodes.ago', { n: r.ago_s })
    return `${r.size < s.size ? t('nodes.behind', { n: s.size - r.size }) : t('nodes.level')}${mark.list}${when}`
  }
  const stateOf = (id: string) => (id === s.node ? 'up' : (s.replica.hints.find((h) => h.node === id)?.state ?? 'unknown'))
  return (
    <>
      <Diagram ids={standing.map((n) => ({ id: n.id, name: names.region(n.region), state: stateOf(n.id), leads: n.id === s.replica.leader }))} />
      <ul className="nodes">
        {standing.map((n) => {
          const state = stateOf(n.id)
          return (
            <li key={n.id}>
              <b>{names.region(n.region)}</b> <code>{n.id}</code>
              <span className={`due due-${state === 'up' ? 'good' : state === 'unknown' ? 'calm' : 'bad'}`}>
                {icons[state]} {t(`nodes.state.${state}`)}
              </span>
              <span className="quiet">
                {t(n.server === 'voter' ? 'nodes.voter' : n.server === 'standby' ? 'nodes.standby' : 'nodes.none')}
                {n.id === s.replica.leader && ` · ${t('nodes.leads')}`}
                {reachOf(n.id) && ` · ${reachOf(n.id)}`}
              </span>
            </li>
          )
        })}
      </ul>
    </>
  )
}

const icons = { up: <CheckCircleOutlined />, suspect: <WarningOutlined />, down: <CloseCircleOutlined />, unknown: <QuestionCircleOutlined /> }

interface Spot {
  id: string
  name: string
  state: keyof typeof icons
  leads: boolean
}

/** Diagram draws the nodes on a circle: who leads, and who answers. It is no map. */
function Diagram({ ids }: { ids: Spot[] }) {
  const { t } = useSpeech()
  const at = (i: number) => {
    const angle = (2 * Math.PI * i) / ids.length - Math.PI / 2
    return { x: 200 + 110 * Math.cos(angle), y: 115 + 75 * Math.sin(angle) }
  }
  return (
    <svg className="diagram" viewBox="0 0 400 230" role="img" aria-label={t('nodes.diagram')}>
      {ids.flatMap((a, i) =>
        ids.slice(i + 1).map((b, j) => {
          const [p, q] = [at(i), at(i + 1 + j)]
          const well = a.state === 'up' && b.state === 'up'
          return <line key={a.id + b.id} x1={p.x} y1={p.y} x2={q.x} y2={q.y} className={well ? 'wire' : 'wire wire-bad'} />
        }),
      )}
      {ids.map((n, i) => {
        const p = at(i)
        return (
          <g key={n.id} className={`spot spot-${n.state}`}>
            <circle cx={p.x} cy={p.y} r={n.leads ? 17 : 13} />
            <text x={p.x} y={p.y < 100 ? p.y - 24 : p.y + 34} textAnchor="middle">
              {n.id}
              {n.leads ? ` · ${t('nodes.leads')}` : ''}
            </text>
          </g>
        )
      })}
    </svg>
  )
}
