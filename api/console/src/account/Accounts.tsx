import { CheckCircleOutlined, ClockCircleOutlined, LockOutlined, StopOutlined, WarningOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Checkbox } from 'antd'
import { useState } from 'react'
import { Command } from '../frame/Command'
import { Dialog } from '../frame/Dialog'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { known } from '../i18n/dict'
import { useSpeech } from '../i18n/lang'
import { useWho } from '../session/context'
import { civil } from '../util/time'
import { AccountForm, Roles } from './AccountForm'
import { deedsFor, stateOf, type Account, type Accounts as Answer, type Deed, type Handed } from './model'
import { change, list } from './queries'
import { useWhy } from './why'
import './account.css'

export const clock = (at: string) => civil(Date.parse(at) / 1000)

/** Accounts is the security administrator's page. */
export default function Accounts() {
  const { t, aside } = useSpeech()
  const client = useQueryClient()
  const why = useWhy()
  const answer = useQuery({ queryKey: ['accounts'], queryFn: list, refetchInterval: 15_000 })
  const [making, setMaking] = useState(false)
  const [handed, setHanded] = useState<Handed | null>(null)
  const [asked, setAsked] = useState<{ account: Account; deed: Deed } | null>(null)
  const [said, setSaid] = useState('')
  const [wrong, setWrong] = useState('')
  const [busy, setBusy] = useState(false)
  const [all, setAll] = useState(false)

  const done = (out: Handed, words = '') => {
    setMaking(false)
    setAsked(null)
    setHanded(out.password ? out : null)
    setSaid(words)
    setWrong('')
    void client.invalidateQueries({ queryKey: ['accounts'] })
  }
  const act = async (account: Account, deed: Deed, roles?: string[]) => {
    setBusy(true)
    try {
      const out = await change(account.name, deed, roles)
      const words = `acc.done.${deed}`
      done(out, known(words) ? t(words, { name: account.name }) : '')
    } catch (err) {
      setWrong(why(err))
    }
    setBusy(false)
  }
  const shown = answer.data?.accounts.filter((a) => all || !a.disabled) ?? []
  return (
    <div className="page">
      <Panel
        title={t('acc.title')}
        extra={
          <Button type="primary" size="small" onClick={() => setMaking(true)}>
            {t('acc.make')}
          </Button>
        }
      >
        <p className="quiet">{t('acc.intro')}</p>
        {handed && <Initial handed={handed} close={() => setHanded(null)} />}
        {said && <Alert type="success" showIcon role="status" title={said} closable onClose={() => setSaid('')} />}
        {answer.error ? (
          <Failed err={answer.error} retry={() => void answer.refetch()} />
        ) : !answer.data ? (
          <Waiting lines={6} />
        ) : (
          <>
            <p>
              <Checkbox checked={all} onChange={(e) => setAll(e.target.checked)}>
                {t('acc.disabled.show')}
              </Checkbox>
            </p>
            {shown.length === 0 ? <p className="empty">{t('acc.none')}</p> : <Table answer={answer.data} shown={shown} ask={(account, deed) => (setWrong(''), setAsked({ account, deed }))} />}
          </>
        )}
      </Panel>
      {making && answer.data && <AccountForm answer={answer.data} made={done} close={() => setMaking(false)} />}
      {asked && (
        <Dialog title={t('acc.deed.of', { deed: t(`acc.deed.${asked.deed}`), name: asked.account.name })} close={() => setAsked(null)}>
          {wrong && <Alert type="error" showIcon role="alert" title={wrong} />}
          {asked.deed === 'roles' && answer.data ? (
            <Roles all={answer.data.roles} begin={asked.account.roles} busy={busy} save={(roles) => void act(asked.account, 'roles', roles)} />
          ) : asked.deed !== 'roles' ? (
            <>
              <p>{t(`acc.sure.${asked.deed}`, { name: `${asked.account.name}${aside(asked.account.display)}` })}</p>
              <div className="acc-buttons">
                <Button onClick={() => setAsked(null)}>{t('app.cancel')}</Button>
                <Button type="primary" danger={asked.deed === 'disable'} loading={busy} onClick={() => void act(asked.account, asked.deed)}>
                  {t(`acc.deed.${asked.deed}`)}
                </Button>
              </div>
            </>
          ) : null}
        </Dialog>
      )}
    </div>
  )
}

function Initial({ handed, close }: { handed: Handed; close: () => void }) {
  const { t } = useSpeech()
  return (
    <Alert
      type="warning"
      role="status"
      closable
      onClose={close}
      title={t('acc.handed', { name: handed.account.name })}
      description={
        <>
          <Command lines={[handed.password ?? '']} />
          {handed.account.until && t('acc.handed.how', { at: clock(handed.account.until) })}
        </>
      }
    />
  )
}

const icons = { fine: <CheckCircleOutlined />, initial: <ClockCircleOutlined />, lapsed: <WarningOutlined />, locked: <LockOutlined />, disabled: <StopOutlined /> }
const tones = { fine: 'good', initial: 'near', lapsed: 'bad', locked: 'bad', disabled: 'calm' }

function Table({ answer, shown, ask }: { answer: Answer; shown: Account[]; ask: (a: Account, deed: Deed) => void }) {
  const { t, of, named, mark } = useSpeech()
  const who = useWho()
  const orgs = new Map(answer.orgs.map((o) => [o.code, o.name]))
  return (
    <table className="records accounts">
      <thead>
        <tr>
          {(['acc.name', 'acc.roles', 'acc.state', 'acc.last', 'acc.do'] as const).map((key) => (
            <th key={key}>{t(key)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shown.map((a) => {
          const state = stateOf(a, answer.now)
          const at = state === 'locked' ? a.locked : a.until
          return (
            <tr key={a.name}>
              <td data-label={t('acc.name')}>
                <b>{a.display}</b> <code>{a.name}</code>
                <span className="sub">
                  {of(orgs.get(a.org)) || a.org} · {t('acts.person')} {a.person}
                </span>
              </td>
              <td data-label={t('acc.roles')}>{a.roles.map((role) => named(`role.${role}`, role)).join(mark.list)}</td>
              <td data-label={t('acc.state')}>
                <span className={`acc-state due-${tones[state]}`}>
                  {icons[state]} {t(`acc.state.${state}`, { at: at ? clock(at) : '' })}
                </span>
                {a.wrong > 0 && <span className="sub">{t('acc.wrong', { n: a.wrong })}</span>}
              </td>
              <td data-label={t('acc.last')}>
                {a.last ? (
                  <>
                    <span className="num">{clock(a.last.at)}</span>
                    <span className="sub">{a.last.from}</span>
                  </>
                ) : (
                  <span className="quiet">{t('acc.never')}</span>
                )}
              </td>
              <td data-label={t('acc.do')}>
                {a.person === who.person ? (
                  <span className="quiet">{t('acc.own')}</span>
                ) : (
                  <span className="acc-deeds">
                    {deedsFor(a, answer.now).map((deed) => (
                      <Button key={deed} size="small" danger={deed === 'disable'} onClick={() => ask(a, deed)} aria-label={`${t(`acc.deed.${deed}`)} ${a.name}`}>
                        {t(`acc.deed.${deed}`)}
                      </Button>
                    ))}
                  </span>
                )}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
