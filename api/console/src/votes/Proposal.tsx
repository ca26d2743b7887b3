import { CheckCircleOutlined, CloseCircleOutlined, QuestionCircleOutlined } from '@ant-design/icons'
import { Alert, Button } from 'antd'
import { useMemo, useState } from 'react'
import { Link, useParams } from 'react-router'
import { useStatus } from '../api/queries'
import type { NodeStatus } from '../api/client'
import { Command } from '../frame/Command'
import type { Signing } from '../frame/offline'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { useNames } from '../record/names'
import { save } from '../util/save'
import { minute } from '../util/time'
import { compare } from './compare'
import { HandIn } from './HandIn'
import { ballot, outlook, type ProposalText, type Word } from './model'
import { useProposal, useSigning } from './queries'
import { State, useTitle } from './Votes'
import './votes.css'

/** Proposal is one text to vote on: what it changes, who voted how, and how to vote. */
export default function Proposal() {
  const { t } = useSpeech()
  const { region = '', id = '' } = useParams()
  const names = useNames()
  const title = useTitle()
  const status = useStatus()
  const signing = useSigning()
  const answer = useProposal(region, id)
  if (answer.error)
    return (
      <div className="page">
        <Failed err={answer.error} retry={() => void answer.refetch()} />
      </div>
    )
  const p = answer.data
  if (!p || !status.data || !signing) return <Waiting lines={8} />
  return (
    <div className="page">
      <p className="crumbs">
        <Link to="/votes">{t('nav.votes')}</Link>
      </p>
      <header className="record-head">
        <div>
          <h1>
            {title(p)} <code className="id">{p.region}/{p.id}</code>
          </h1>
          <p>
            <State p={p} />
            <span>
              {t('vote.by')} {names.region(p.region)} · {t('vote.entry', { n: p.index })}
            </span>
            <span>
              {t('vote.from')} {minute(p.from)}
            </span>
            {p.adopted_at !== undefined && <span>{t('vote.adopted.at', { n: p.adopted_at })}</span>}
          </p>
        </div>
      </header>
      <div className="detail">
        <div>
          <Panel title={t('vote.difference')}>
            <Difference p={p} />
          </Panel>
          <Panel title={t('vote.text')}>
            <Button size="small" onClick={() => save(new Blob([p.text], { type: 'text/plain' }), `${p.name}-${p.version}.${p.form === 'calendar' ? 'json' : 'yaml'}`)}>
              {t('vote.text.save')}
            </Button>
            <details className="keys-how">
              <summary>{t('vote.text')}</summary>
              <pre className="lawtext" tabIndex={0}>
                {p.text}
              </pre>
            </details>
          </Panel>
        </div>
        <div>
          <Panel title={t('vote.regions')}>
            <Regions p={p} s={status.data} />
          </Panel>
          <Panel title={t('vote.todo')}>
            <Todo p={p} s={status.data} signing={signing} />
          </Panel>
          <HandIn />
        </div>
      </div>
    </div>
  )
}

function Difference({ p }: { p: ProposalText }) {
  const { t } = useSpeech()
  const rows = useMemo(() => compare(p.in_force, p.text), [p.in_force, p.text])
  if (!p.in_force) return <p className="quiet">{t('vote.first')}</p>
  if (rows.length === 0) return <p className="quiet">{t('vote.alike')}</p>
  return (
    <div className="compare" tabIndex={0} role="region" aria-label={t('vote.difference')}>
      <table>
        <tbody>
          {rows.map((r, i) => (
            <tr key={i} className={`cmp-${r.kind}`}>
              <td className="cmp-n">{r.old}</td>
              <td className="cmp-n">{r.fresh}</td>
              <td className="cmp-mark" aria-label={t(`vote.${r.kind}`)}>
                {{ same: '', out: '−', in: '+', gap: '' }[r.kind]}
              </td>
              <td className="cmp-text">{r.kind === 'gap' ? t('vote.gap') : r.text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Regions({ p, s }: { p: ProposalText; s: NodeStatus }) {
  const { t, of, aside } = useSpeech()
  return (
    <ul className="counts">
      {s.regions.map((r) => {
        const [tone, icon, text] =
          p.rejected === r.code
            ? (['bad', <CloseCircleOutlined key="i" />, 'vote.rejected'] as const)
            : p.approved.includes(r.code)
              ? (['good', <CheckCircleOutlined key="i" />, r.code === p.region ? 'vote.proposed' : 'vote.approved'] as const)
              : (['quiet', <QuestionCircleOutlined key="i" />, 'vote.waiting'] as const)
        return (
          <li key={r.code}>
            <span>
              {of(r.name)} {r.code === s.region && <span className="quiet">{aside(t('vote.here'))}</span>}
            </span>
            <span className={tone}>
              {icon} {t(text)}
            </span>
          </li>
        )
      })}
    </ul>
  )
}

/** Todo is what this region can say now, and how. */
function Todo({ p, s, signing }: { p: ProposalText; s: NodeStatus; signing: Signing }) {
  const { t } = useSpeech()
  const o = outlook(p, s.regions.map((r) => r.code), s.ledger_time)
  const voted = p.approved.includes(s.region)
  const words: Word[] = o.ripe ? ['adopt', 'no'] : voted ? ['no'] : ['yes', 'no']
  const [picked, setPicked] = useState<Word | null>(null)
  if (p.state !== 'open') return <p className="quiet">{t('vote.closed')}</p>
  const word = picked && words.includes(picked) ? picked : words[0]
  const b = ballot(p, word, signing)
  return (
    <>
      {o.ripe && <p>{t('vote.ripe')}</p>}
      {o.early && <p>{t('vote.early', { at: minute(p.from) })}</p>}
      {voted && !o.ripe && !o.early && <p>{t('vote.voted')}</p>}
      <div className="tabs" role="group" aria-label={t('vote.todo')}>
        {words.map((w) => (
          <button key={w} type="button" aria-pressed={w === word} onClick={() => setPicked(w)}>
            {t(`vote.${w}`)}
          </button>
        ))}
      </div>
      {word === 'no' && <Alert type="warning" showIcon title={t('vote.no.warn')} />}
      <ol className="how">
        {word !== 'adopt' && <li>{t('vote.step.decide')}</li>}
        <li>
          {t('vote.step.prepare')}
          <p>
            <Button onClick={() => save(new Blob([b.body], { type: 'application/json' }), b.file)}>{t('vote.download')}</Button>
          </p>
        </li>
        <li>
          {t('vote.step.sign')}
          <Command lines={b.lines} />
          <span className="quiet">{t('vote.step.short')}</span>
          <Command lines={[b.short]} />
        </li>
        <li>{t('vote.step.back')}</li>
      </ol>
      {signing.practice && <p className="quiet">{t('vote.practice')}</p>}
    </>
  )
}
