import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { dict, type Key } from '../i18n/dict'
import { useSpeech } from '../i18n/lang'
import { clock } from './Accounts'
import type { Act } from './model'
import { acts } from './queries'
import './account.css'

/** kinds are the acts that have a name, in the order of the words. */
const kinds = Object.keys(dict).filter((key): key is Key => key.startsWith('deed.')).map((key) => key.slice('deed.'.length))

/** Acts is the log of what administrators did, for the audit administrator. */
export default function Acts() {
  const { t, named } = useSpeech()
  const [before, setBefore] = useState(0)
  const [act, setAct] = useState('')
  const [who, setWho] = useState('')
  const [typed, setTyped] = useState('')
  const answer = useQuery({ queryKey: ['acts', before, act, who], queryFn: () => acts(before, act, who), placeholderData: keepPreviousData, refetchInterval: before === 0 ? 10_000 : false })
  const page = answer.data
  return (
    <div className="page">
      <Panel title={t('nav.acts')}>
        <p className="quiet">{t('acts.intro')}</p>
        <form
          className="filters"
          onSubmit={(e) => {
            e.preventDefault()
            setBefore(0)
            setWho(typed.trim())
          }}
        >
          <label>
            {t('acts.what')}
            <select
              value={act}
              onChange={(e) => {
                setBefore(0)
                setAct(e.target.value)
              }}
            >
              <option value="">{t('acts.any')}</option>
              {kinds.map((kind) => (
                <option key={kind} value={kind}>
                  {named(`deed.${kind}`, kind)}
                </option>
              ))}
            </select>
          </label>
          <label>
            {t('acts.who')}
            <Input value={typed} onChange={(e) => setTyped(e.target.value)} spellCheck={false} />
          </label>
          <Button htmlType="submit">{t('acts.find')}</Button>
        </form>
        {answer.error ? (
          <Failed err={answer.error} retry={() => void answer.refetch()} />
        ) : !page ? (
          <Waiting lines={8} />
        ) : (
          <>
            {page.acts.length === 0 ? <p className="empty">{t('acts.none')}</p> : <Lines list={page.acts} />}
            <div className="pager">
              {before > 0 && <Button onClick={() => setBefore(0)}>{t('acts.latest')}</Button>}
              {page.next ? <Button onClick={() => setBefore(page.next ?? 0)}>{t('acts.earlier')}</Button> : null}
            </div>
            <p>
              {t('acts.digest', { n: page.size })} <code className="digest">{page.last}</code>
              <span className="sub">{t('acts.digest.help')}</span>
            </p>
          </>
        )}
      </Panel>
    </div>
  )
}

function Lines({ list }: { list: Act[] }) {
  const { t, named } = useSpeech()
  // Roles are told by their names, all else as it stands.
  const words = (detail: string) => detail.split(' ').map((word) => named(`role.${word}`, word)).join(' ')
  const by = (a: Act) => (a.by === 'host' ? t('acts.host') : (a.by ?? t('acts.nobody')))
  return (
    <table className="records acts">
      <thead>
        <tr>
          <th>#</th>
          {(['acts.time', 'acts.what', 'acts.by', 'acts.about', 'acts.detail', 'acts.from'] as const).map((key) => (
            <th key={key}>{t(key)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {list.map((a) => (
          <tr key={a.no}>
            <td className="num" data-label="#">
              {a.no}
            </td>
            <td className="num" data-label={t('acts.time')}>
              {clock(a.at)}
            </td>
            <td data-label={t('acts.what')} className={a.act === 'sign_in_refused' || a.act === 'locked_out' ? 'bad' : ''}>
              {named(`deed.${a.act}`, a.act)}
            </td>
            <td data-label={t('acts.by')}>
              {by(a)}
              {a.role && <span className="sub">{named(`role.${a.role}`, a.role)}</span>}
            </td>
            <td data-label={t('acts.about')}>{a.account && <code>{a.account}</code>}</td>
            <td data-label={t('acts.detail')} className="acts-detail">
              {a.detail && words(a.detail)}
            </td>
            <td data-label={t('acts.from')}>{a.from}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
