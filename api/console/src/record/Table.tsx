import { UserOutlined } from '@ant-design/icons'
import { useState, type ReactNode } from 'react'
import { Link } from 'react-router'
import type { RecordRow } from '../api/client'
import { useLaws, useRecords, useStatus, type ListQuery } from '../api/queries'
import { Empty } from '../frame/Empty'
import { Pager } from '../frame/Pager'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { fieldOf, limitOf, partyOf, type Document } from '../law/document'
import { minute } from '../util/time'
import { useWho } from '../session/context'
import { Due } from './Due'
import { Shown } from './Fields'
import { recordPage } from './pages'
import { State } from './State'

const pageSize = 20

/** How many of those whose turn it is are named in a list. */
const turnMax = 2

interface Props {
  query: ListQuery
  label: string
  empty: ReactNode
  show?: string[] // clear fields that stand below a record's id
  to?: (id: string) => string // its page, when that is one of its own
}

/** RecordTable is a list that the node pages, sorts and filters. */
export function RecordTable({ query, label, empty, show, to = recordPage }: Props) {
  const key = JSON.stringify(query)
  const [trail, setTrail] = useState<{ key: string; cursors: string[] }>({ key, cursors: [] })
  const cursors = trail.key === key ? trail.cursors : [] // another query starts at its first page
  const list = useRecords({ ...query, turn: true, fields: show, cursor: cursors[cursors.length - 1], limit: pageSize })
  const { t } = useSpeech()
  const rows = list.data?.items ?? []
  const laws = useLaws([...new Set(rows.map((row) => row.procedure))].sort())
  if (list.error) return <Failed err={list.error} retry={() => void list.refetch()} />
  if (!list.data) return <Waiting lines={5} />
  const next = list.data.next
  return (
    <>
      {rows.length === 0 ? (
        next || typeof empty === 'string' ? <Empty>{next ? t('list.more') : empty}</Empty> : empty
      ) : (
        <table className="records" aria-label={label}>
          <thead>
            <tr>
              <th scope="col">{t('list.record')}</th>
              <th scope="col">{t('list.state')}</th>
              <th scope="col">{t('list.turn')}</th>
              <th scope="col">{t('list.parties')}</th>
              <th scope="col">{t('list.due')}</th>
              <th scope="col">{t('list.updated')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.id} row={row} law={laws[row.procedure]} show={show} to={to} />
            ))}
          </tbody>
        </table>
      )}
      {(next || cursors.length > 0) && (
        <Pager
          page={cursors.length + 1}
          prev={cursors.length > 0 ? () => setTrail({ key, cursors: cursors.slice(0, -1) }) : undefined}
          next={next ? () => setTrail({ key, cursors: [...cursors, next] }) : undefined}
        />
      )}
    </>
  )
}

function Row({ row, law, show, to }: { row: RecordRow; law: Document | undefined } & Required<Pick<Props, 'to'>> & Pick<Props, 'show'>) {
  const { t, of } = useSpeech()
  const who = useWho()
  const due = row.dues?.find((d) => d.region === who.region.code) ?? row.dues?.[0]
  return (
    <tr>
      <td>
        <Link to={to(row.id)} className="id">
          {row.id}
        </Link>
        {show ? law && <About row={row} law={law} show={show} /> : <span className="sub">{(law && of(law.title)) || row.procedure}</span>}
      </td>
      <td data-label={t('list.state')}>
        <State law={law} name={row.state} />
      </td>
      <td data-label={t('list.turn')}>
        <Whose row={row} law={law} />
      </td>
      <td data-label={t('list.parties')}>
        <Ways row={row} />
      </td>
      <td data-label={t('list.due')}>{due ? <Due due={due.due} overdue={due.overdue} title={law && of(limitOf(law, due.name))} /> : <span className="quiet">—</span>}</td>
      <td data-label={t('list.updated')} className="num">
        {minute(row.updated_at)}
      </td>
    </tr>
  )
}

/** About is what of a record's content a list shows. */
function About({ row, law, show }: { row: RecordRow; law: Document; show: string[] }) {
  const { of } = useSpeech()
  return (
    <>
      {show.map((name) => {
        const field = fieldOf(law, name)
        const value = row.fields?.[name]
        if (!field || value === undefined) return null
        return (
          <span key={name} className="sub">
            {of(field)} <Shown field={field} value={value} />
          </span>
        )
      })}
    </>
  )
}

/** Whose says whose turn a record is: yours, or which offices of which party. */
function Whose({ row, law }: { row: RecordRow; law: Document | undefined }) {
  const { t, of, named, mark } = useSpeech()
  if (!row.turn) return null
  if (row.turn.yours) {
    return (
      <b className="yours">
        <UserOutlined /> {t('list.yours')}
      </b>
    )
  }
  const by = row.turn.by.slice(0, turnMax).map((a) => `${(law && of(partyOf(law, a.party))) || ''} ${named(`role.${a.role}`, a.role)}`.trim())
  if (by.length === 0) return <span className="quiet">{t('list.nobody')}</span>
  return (
    <span className="quiet">
      {by.join(mark.list)}
      {row.turn.by.length > turnMax && '…'}
    </span>
  )
}

/** Ways names the regions of a record, its owner first. */
function Ways({ row }: { row: RecordRow }) {
  const { of, mark } = useSpeech()
  const status = useStatus()
  const name = (code: string) => of(status.data?.regions.find((r) => r.code === code)?.name).replace(/市场监督管理.*$/, '').replace(/ .*$/, '') || code
  const others = [...new Set(Object.values(row.parties).map((p) => p.region))].filter((r) => r !== row.owner)
  return (
    <>
      {name(row.owner)}
      {others.length > 0 && ` → ${others.map(name).join(mark.list)}`}
    </>
  )
}
