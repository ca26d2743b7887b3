import { useState } from 'react'
import { Link } from 'react-router'
import { ExclamationCircleOutlined, FieldTimeOutlined, FormOutlined, ProfileOutlined } from '@ant-design/icons'
import { useProcedures, useRecords, useStatus, type ListQuery } from '../api/queries'
import { Panel } from '../frame/Panel'
import { FirstSteps } from '../help/Guide'
import { useSpeech } from '../i18n/lang'
import { MissionFigure } from '../mission/Figure'
import type { Key } from '../i18n/dict'
import { RecordTable } from '../record/Table'
import { useWho } from '../session/context'
import { daysBetween } from '../util/time'

const boxes = ['todo', 'in', 'out', 'done'] as const
type Box = (typeof boxes)[number]

/** How much is counted for the figures above; more is said as "or more". */
const counted = 100

const queryOf = (box: Box): ListQuery => ({ box, sort: box === 'todo' ? 'due' : '-updated' })

/** Desk says what is owed now, what is overdue, and whose turn it is. */
export function Desk() {
  const { t } = useSpeech()
  const who = useWho()
  const [box, setBox] = useState<Box>('todo')
  return (
    <div className="page">
      <h1 className="greeting">{t('desk.greeting', { name: who.name })}</h1>
      <FirstSteps />
      <Figures />
      <div className="desk">
        <Panel title={t(`desk.${box}`)} extra={<span className="quiet">{t(`desk.${box}.help` as Key)}</span>} className="desk-list">
          <div className="tabs" role="group" aria-label={t('list.filter')}>
            {boxes.map((b) => (
              <button key={b} type="button" aria-pressed={b === box} onClick={() => setBox(b)}>
                {t(`desk.${b}`)}
              </button>
            ))}
          </div>
          <RecordTable query={queryOf(box)} label={t(`desk.${box}`)} empty={t(box === 'todo' ? 'desk.empty.todo' : 'desk.empty')} />
        </Panel>
        <Start />
      </div>
    </div>
  )
}

/** Figures counts what the region owes, from the same list that stands below. */
function Figures() {
  const { t } = useSpeech()
  const who = useWho()
  const status = useStatus()
  const owed = useRecords({ box: 'todo', sort: 'due', limit: counted })
  const ours = (owed.data?.items ?? []).map((row) => row.dues?.find((d) => d.region === who.region.code)).filter((d) => d !== undefined)
  const today = status.data?.now ?? ''
  const overdue = ours.filter((d) => d.overdue).length
  const soon = today ? ours.filter((d) => !d.overdue && daysBetween(today, d.due) <= 3).length : 0
  const figure = (n: number) => (owed.data?.next ? t('desk.more', { n }) : n)
  return (
    <dl className="figures">
      <div className={overdue ? 'figure figure-bad' : 'figure'}>
        <dt>
          <ExclamationCircleOutlined /> {t('desk.overdue')}
        </dt>
        <dd>{owed.data ? figure(overdue) : '…'}</dd>
      </div>
      <div className={soon ? 'figure figure-near' : 'figure'}>
        <dt>
          <FieldTimeOutlined /> {t('desk.soon')}
        </dt>
        <dd>{owed.data ? figure(soon) : '…'}</dd>
      </div>
      <div className="figure">
        <dt>
          <ProfileOutlined /> {t('desk.owed')}
        </dt>
        <dd>{owed.data ? figure(ours.length) : '…'}</dd>
      </div>
      <MissionFigure />
    </dl>
  )
}

/** Start offers what the person's offices may open. */
function Start() {
  const { t, of } = useSpeech()
  const who = useWho()
  const procedures = useProcedures()
  const items = procedures.data?.items ?? []
  const mine = items.filter((p) => p.opens.some((role) => who.roles.includes(role)))
  return (
    <Panel title={t('desk.new.what')} className="desk-start">
      {mine.length === 0 ? (
        <p className="quiet">{t('desk.nothing.to.start')}</p>
      ) : (
        <ul className="starts">
          {mine.map((p) => (
            <li key={p.name}>
              <Link to={`/open/${p.name}`}>
                <FormOutlined /> {of(p.title)}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
