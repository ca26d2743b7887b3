import { Link, useSearchParams } from 'react-router'
import { ExclamationCircleOutlined, FieldTimeOutlined, FormOutlined, ProfileOutlined } from '@ant-design/icons'
import { useProcedures, useRecords, useStatus, type ListQuery } from '../api/queries'
import { Panel } from '../frame/Panel'
import { FirstSteps } from '../help/Guide'
import { useSpeech } from '../i18n/lang'
import { MissionFigure } from '../mission/Figure'
import type { Key } from '../i18n/dict'
import { RecordTable } from '../record/Table'
import { useWho } from '../session/context'
import { takesPart } from '../session/roles'
import { boxes, type Box } from './boxes'
import { EmptyBox } from './EmptyBox'
import { figuresOf, type Count } from './figures'

/** How many records the figures are counted from; figures.ts says what is known beyond them. */
const counted = 200

const queryOf = (box: Box): ListQuery => ({ box, sort: box === 'todo' ? 'due' : '-updated' })

/** Desk says what is owed now, what is overdue, and whose turn it is. */
export function Desk() {
  const { t } = useSpeech()
  const who = useWho()
  const [address, setAddress] = useSearchParams() // the way back from a record leads to the same tray
  const box = boxes.find((b) => b === address.get('box')) ?? 'todo'
  return (
    <div className="page">
      <h1 className="greeting">{t('desk.greeting', { name: who.name })}</h1>
      <FirstSteps />
      <Figures />
      <div className="desk">
        <Panel title={t(`desk.${box}`)} extra={<span className="quiet">{t(`desk.${box}.help` as Key)}</span>} className="desk-list">
          <div className="tabs" role="group" aria-label={t('list.filter')}>
            {boxes.map((b) => (
              <button key={b} type="button" aria-pressed={b === box} onClick={() => setAddress(b === 'todo' ? {} : { box: b }, { replace: true })}>
                {t(`desk.${b}`)}
              </button>
            ))}
          </div>
          <RecordTable query={queryOf(box)} label={t(`desk.${box}`)} empty={<EmptyBox box={box} />} />
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
  const today = status.data?.now ?? ''
  const f = owed.data && today ? figuresOf(owed.data.items, owed.data.next !== undefined && owed.data.next !== '', today, who.region.code) : undefined
  return (
    <dl className="figures">
      <div className={f?.overdue.n ? 'figure figure-bad' : 'figure'}>
        <dt>
          <ExclamationCircleOutlined /> {t('desk.overdue')}
        </dt>
        <Counted count={f?.overdue} />
      </div>
      <div className={f?.soon.n ? 'figure figure-near' : 'figure'}>
        <dt>
          <FieldTimeOutlined /> {t('desk.soon')}
        </dt>
        <Counted count={f?.soon} />
      </div>
      <div className="figure">
        <dt>
          <ProfileOutlined /> {t('desk.owed')}
        </dt>
        <Counted count={f?.owed} />
      </div>
      <MissionFigure />
    </dl>
  )
}

/** Counted says a count as far as it is known: with none on the first of several pages, nothing is. */
function Counted({ count }: { count?: Count }) {
  const { t } = useSpeech()
  if (!count) return <dd>…</dd>
  if (count.exact) return <dd>{count.n}</dd>
  return <dd title={t('desk.more.help')}>{count.n > 0 ? t('desk.more', { n: count.n }) : t('desk.unknown')}</dd>
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
        takesPart(who.roles) ? (
          <p className="quiet">{t('desk.nothing.to.start')}</p>
        ) : (
          <p className="quiet">
            {t('desk.watches')} <Link to="/audit">{t('nav.audit')}</Link>
          </p>
        )
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
