import { CheckCircleOutlined, WarningOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Checkbox } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { Command } from '../frame/Command'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { save } from '../util/save'
import { day } from '../util/time'
import { errands, grant, replace, stolen, type Issuer, type Key, type Keys as Answer } from './model'
import { keys } from './queries'
import './keys.css'

/** Keys is what the region's keys and this node's certificates are, and ask for. */
export default function Keys() {
  const { t } = useSpeech()
  const answer = useQuery({ queryKey: ['keys'], queryFn: keys, refetchInterval: 30_000 })
  const all = answer.data
  if (answer.error)
    return (
      <div className="page">
        <Panel title={t('nav.keys')}>
          <Failed err={answer.error} retry={() => void answer.refetch()} />
        </Panel>
      </div>
    )
  if (!all) return <Waiting lines={8} />
  return (
    <div className="page">
      <Panel title={t('keys.todo')}>
        <Todo all={all} />
      </Panel>
      <Panel title={t('keys.certs')}>
        <Certificates all={all} />
      </Panel>
      <Panel title={t('keys.list')}>
        <p className="quiet">{t('keys.judged', { n: all.size - 1 })}</p>
        <List all={all} />
      </Panel>
      <Panel title={t('keys.issuers')}>
        <p className="quiet">{t('keys.issuers.why')}</p>
        {all.issuers.map((i) => (
          <IssuerRow key={i.id} issuer={i} all={all} />
        ))}
      </Panel>
    </div>
  )
}

function Todo({ all }: { all: Answer }) {
  const { t } = useSpeech()
  const list = errands(all)
  if (list.length === 0)
    return (
      <p className="good">
        <CheckCircleOutlined /> {t('keys.fine')}
      </p>
    )
  return (
    <>
      <ul className="errands">
        {list.map((e) => (
          <li key={e.what + e.about}>
            <Alert type={e.grave ? 'error' : 'warning'} showIcon title={t(`keys.do.${e.what}`, { about: e.about })} />
            {e.lines.length > 0 && <Command lines={e.lines} />}
          </li>
        ))}
      </ul>
      <p className="quiet">
        {t('keys.offline')} <Link to="/votes#handin">{t('keys.handin')}</Link>
      </p>
    </>
  )
}

function Certificates({ all }: { all: Answer }) {
  const { t } = useSpeech()
  return (
    <ul className="certs">
      {all.certificates.map((c) => (
        <li key={c.what + c.name + c.until}>
          <b>{t(`keys.cert.${c.what}`)}</b>
          <span className={c.near ? 'bad' : 'good'}>
            {c.near ? <WarningOutlined /> : <CheckCircleOutlined />} {c.left < 0 ? t('keys.cert.over') : t('keys.cert.left', { n: c.left })}
          </span>
          <span className="quiet">
            {t('keys.cert.until')} {day(c.until)}
            {c.self && ` · ${t('keys.cert.self')}`}
          </span>
          <code className="digest">{c.name}</code>
        </li>
      ))}
    </ul>
  )
}

const steps = ['prepared', 'active', 'retiring', 'revoked'] as const

function List({ all }: { all: Answer }) {
  const { t, named } = useSpeech()
  return (
    <table className="records">
      <thead>
        <tr>
          {(['keys.use', 'keys.id', 'keys.state', 'keys.since', 'keys.fingerprint'] as const).map((key) => (
            <th key={key}>{t(key)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {all.keys.map((k) => (
          <tr key={k.id}>
            <td data-label={t('keys.use')}>
              {named(`keys.use.${k.use}`, k.use)}
              {k.owner && <span className="sub keys-owner">{k.owner}</span>}
            </td>
            <td data-label={t('keys.id')}>
              <code>{k.id}</code>
              {k.held && (
                <span className="sub good">
                  <CheckCircleOutlined /> {t('keys.held')}
                </span>
              )}
            </td>
            <td data-label={t('keys.state')}>
              <span className={k.state === 'active' ? 'state' : 'state state-ended'}>{named(`keys.state.${k.state}`, k.state)}</span>
            </td>
            <td data-label={t('keys.since')}>
              {k.genesis && t('keys.genesis')}
              {steps.map((step) =>
                k[step] === undefined ? null : (
                  <span key={step} className="sub">
                    {t(`keys.step.${step}`)} #{k[step]}
                  </span>
                ),
              )}
            </td>
            <td data-label={t('keys.fingerprint')}>
              <code className="digest">{k.fingerprint}</code>
              {k.state !== 'revoked' && k.use !== 'governance' && <How k={k} all={all} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function How({ k, all }: { k: Key; all: Answer }) {
  const { t } = useSpeech()
  return (
    <details className="keys-how">
      <summary>{t('keys.replace')}</summary>
      <p className="quiet">{t('keys.offline')}</p>
      <Command lines={replace(k, all)} />
      <p className="quiet">{t('keys.replace.then', { use: k.use })}</p>
      <p>{t('keys.stolen')}</p>
      <Command lines={stolen(k, all)} />
    </details>
  )
}

function IssuerRow({ issuer, all }: { issuer: Issuer; all: Answer }) {
  const { t, named, mark } = useSpeech()
  const [picked, setPicked] = useState<string[]>([])
  const has = (role: string) => issuer.roles.includes(role)
  const signed = picked.length > 0 ? grant(issuer, picked, all) : null
  return (
    <div className="issuer">
      <p>
        <code className="digest">{issuer.id}</code> {issuer.dropped && <span className="bad">{t('keys.issuer.dropped')}</span>}
        <span className="sub">{issuer.roles.map((role) => named(`role.${role}`, role)).join(mark.list)}</span>
      </p>
      {!issuer.dropped && (
        <details className="keys-how">
          <summary>{t('keys.issuer.change')}</summary>
          <p className="quiet">{t('keys.issuer.how')}</p>
          <p className="issuer-roles">
            {all.roles.map((role) => (
              <Checkbox
                key={role}
                checked={picked.includes(role)}
                disabled={picked.some((p) => has(p) !== has(role))}
                onChange={(e) => setPicked(e.target.checked ? [...picked, role] : picked.filter((p) => p !== role))}
              >
                {has(role) ? '−' : '+'} {named(`role.${role}`, role)}
              </Checkbox>
            ))}
          </p>
          {signed && (
            <>
              <Button onClick={() => save(new Blob([signed.body], { type: 'application/json' }), signed.file)}>{t('keys.issuer.file', { file: signed.file })}</Button>
              <Command lines={[signed.line]} />
            </>
          )}
        </details>
      )}
    </div>
  )
}
