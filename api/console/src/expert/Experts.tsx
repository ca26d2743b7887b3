import { CheckCircleOutlined, StopOutlined } from '@ant-design/icons'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useEffect, useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { api, got, type PoolMember, type PoolSearch } from '../api/client'
import { useLaw, useStatus } from '../api/queries'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { fieldOf, type Document } from '../law/document'
import '../mission/mission.css'
import { Rooms } from '../mission/Rooms'
import { useNames } from '../record/names'
import { recordPage } from '../record/pages'
import { useWho } from '../session/context'
import { addressOf, ending, queryOf, searchOf, wrongOf, type Search } from './model'
import './expert.css'

const listed = 200

/** The pool's procedure, as long as the law has one pool only; an answer says which it was. */
const pool = 'expert'

/** Experts is who of the pool can be chosen, who cannot, and why. */
export default function Experts() {
  const { t, of } = useSpeech()
  const who = useWho()
  const [params, setParams] = useSearchParams()
  const search = searchOf(params)
  const wrong = wrongOf(search)
  const law = useLaw(pool)
  const opens = (law.data?.open.by ?? []).some((a) => who.roles.includes(a.role))
  const found = useQuery({
    queryKey: ['live', 'experts', search],
    queryFn: () => got(api.GET('/v1/experts', { params: { query: queryOf(search, listed) } })),
    placeholderData: keepPreviousData,
    enabled: !wrong.party && !wrong.days,
  })
  return (
    <div className="page">
      <Rooms />
      <Panel
        title={t('nav.experts')}
        extra={
          opens && (
            <>
              <Link to={`/open/${pool}`}>{of(law.data?.open.title)}</Link> <Link to={`/imports/${pool}`}>{t('expert.import')}</Link>
            </>
          )
        }
      >
        <p className="quiet">{t('expert.help')}</p>
        <Filters search={search} law={law.data} set={(s) => setParams(addressOf(s))} wrong={wrong} />
        <p className="quiet">{t('expert.names')}</p>
      </Panel>
      {found.error && !found.data ? (
        <Failed err={found.error} retry={() => void found.refetch()} />
      ) : !found.data ? (
        !wrong.party && !wrong.days && <Waiting lines={6} />
      ) : (
        <>
          <Panel title={t('expert.free', { n: found.data.free })}>
            <Members list={found.data.items ?? []} of={found.data} law={law.data} empty={t('expert.free.none')} />
            {found.data.free > listed && <p className="near">{t('expert.more', { n: listed })}</p>}
          </Panel>
          {search.out && (
            <Panel title={t('expert.excluded', { n: found.data.out })}>
              <Members list={found.data.excluded ?? []} of={found.data} law={law.data} empty={t('expert.excluded.none')} why />
            </Panel>
          )}
        </>
      )}
    </div>
  )
}

function Filters({ search, law, set, wrong }: { search: Search; law: Document | undefined; set: (s: Search) => void; wrong: { party: boolean; days: boolean } }) {
  const { t, of } = useSpeech()
  const status = useStatus()
  const [typed, setTyped] = useState(search)
  const skills = law && fieldOf(law, 'specialities')?.of?.fields?.find((m) => m.name === 'field')?.values
  const address = addressOf(search).toString()
  useEffect(() => setTyped(searchOf(new URLSearchParams(address))), [address]) // also when somebody goes back
  const choose = (more: Partial<Search>) => {
    setTyped({ ...typed, ...more })
    set({ ...typed, ...more })
  }
  const regions = (name: 'region' | 'host', none: string) => (
    <label>
      {t(`expert.${name}`)}
      <select value={typed[name]} onChange={(e) => choose({ [name]: e.target.value })}>
        <option value="">{none}</option>
        {status.data?.regions.map((r) => (
          <option key={r.code} value={r.code}>
            {of(r.name)}
          </option>
        ))}
      </select>
    </label>
  )
  const day = (name: 'from' | 'to') => (
    <label>
      {t(`expert.${name}`)}
      <Input className="expert-day" value={typed[name]} placeholder="2025-11-10" maxLength={10} inputMode="numeric" status={wrong.days ? 'error' : ''} onChange={(e) => setTyped({ ...typed, [name]: e.target.value.trim() })} />
    </label>
  )
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault()
        set(typed)
      }}
    >
      <div className="filters" role="group" aria-label={t('list.filter')}>
        <label>
          {t('expert.skill')}
          <select value={typed.field} onChange={(e) => choose({ field: e.target.value })}>
            <option value="">{t('expert.skill.all')}</option>
            {skills?.map((s) => (
              <option key={s.name} value={s.name}>
                {of(s)}
              </option>
            ))}
          </select>
        </label>
        {regions('region', t('expert.region.all'))}
        {regions('host', t('expert.host.any'))}
        {day('from')}
        {day('to')}
        <label>
          {t('expert.party')}
          <Input className="expert-party" value={typed.party} maxLength={18} autoComplete="off" status={wrong.party ? 'error' : ''} onChange={(e) => setTyped({ ...typed, party: e.target.value.trim().toUpperCase() })} />
        </label>
        <label className="check">
          <input type="checkbox" checked={typed.out} onChange={(e) => choose({ out: e.target.checked })} />
          {t('expert.out')}
        </label>
        <Button htmlType="submit">{t('expert.search')}</Button>
      </div>
      {(wrong.party || wrong.days) && (
        <p className="bad" role="alert">
          {wrong.party && t('expert.wrong.party')} {wrong.days && t('expert.wrong.days')}
        </p>
      )}
    </form>
  )
}

function Members({ list, of: answer, law, empty, why = false }: { list: PoolMember[]; of: PoolSearch; law: Document | undefined; empty: string; why?: boolean }) {
  const { t } = useSpeech()
  if (list.length === 0) return <div className="empty">{empty}</div>
  return (
    <table className="records" aria-label={t('nav.experts')}>
      <thead>
        <tr>
          <th scope="col">{t('expert.who')}</th>
          <th scope="col">{t('expert.skills')}</th>
          <th scope="col">{t('expert.term')}</th>
          <th scope="col">{t('expert.load', { year: answer.year })}</th>
          <th scope="col">{t(why ? 'expert.why' : 'list.state')}</th>
        </tr>
      </thead>
      <tbody>
        {list.map((m) => (
          <Member key={m.record} m={m} year={answer.year} law={law} why={why} />
        ))}
      </tbody>
    </table>
  )
}

function Member({ m, year, law, why }: { m: PoolMember; year: string; law: Document | undefined; why: boolean }) {
  const { t, of, mark } = useSpeech()
  const names = useNames()
  const status = useStatus()
  const end = ending(m.term_to, status.data?.now ?? '')
  const title = law && of(fieldOf(law, 'professional_title')?.values?.find((v) => v.name === (m.fields as { professional_title?: string }).professional_title))
  const visits = m.visits ?? []
  return (
    <tr>
      <td>
        <Link to={recordPage(m.record)} className="id">
          {m.record}
        </Link>
        <span className="sub">
          {names.org(m.org)} {title}
        </span>
      </td>
      <td data-label={t('expert.skills')}>{(m.skills ?? []).map((s) => of(s)).join(mark.list) || '—'}</td>
      <td data-label={t('expert.term')} className="num">
        {m.term_from ? `${m.term_from} — ${m.term_to ?? ''}` : '—'}
        {end && <span className={`sub ${end.over ? 'bad' : 'near'}`}>{end.over ? t('expert.term.over') : t('expert.term.soon', { n: end.days })}</span>}
      </td>
      <td data-label={t('expert.load', { year })}>
        {t('expert.load.of', { n: m.load.services, d: m.load.days })}
        {visits.length > 0 && <span className="sub">{t('expert.visited', { n: visits.length, d: visits[0].to })}</span>}
      </td>
      <td data-label={t(why ? 'expert.why' : 'list.state')}>
        {why ? (
          <ul>
            {(m.reasons ?? []).map((r, i) => (
              <li key={i}>
                <span className={r.recusal ? 'bad' : 'near'}>
                  <StopOutlined /> {t(r.recusal ? 'expert.recusal' : 'expert.unavailable')}{mark.colon}{of(r)}
                </span>
                <span className="sub">
                  {r.unit && <span className="id">{r.unit}</span>} {r.until && t('expert.until', { d: r.until })}{' '}
                  {r.record && (
                    <Link to={recordPage(r.record)} className="id">
                      {r.record}
                    </Link>
                  )}
                </span>
              </li>
            ))}
          </ul>
        ) : (
          <span className="good">
            <CheckCircleOutlined /> {(law && of(law.states.find((s) => s.name === m.state))) || m.state}
          </span>
        )}
      </td>
    </tr>
  )
}
