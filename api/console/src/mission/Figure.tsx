import { CarOutlined } from '@ant-design/icons'
import { Link } from 'react-router'
import { useRecords } from '../api/queries'
import { useSpeech } from '../i18n/lang'
import { assignment } from './model'

/** How many are counted; more is said as "or more". */
const counted = 50

/** MissionFigure counts on the desk the assignments in which it is this person's turn, and leads to them. */
export function MissionFigure() {
  const { t } = useSpeech()
  const mine = useRecords({ procedure: assignment, running: true, yours: true, limit: counted })
  const n = mine.data?.items.length ?? 0
  return (
    <div className={n > 0 ? 'figure figure-near' : 'figure'}>
      <dt>
        <CarOutlined /> <Link to="/missions">{t('mission.desk')}</Link>
      </dt>
      <dd>{!mine.data ? '…' : mine.data.next ? t('desk.more', { n }) : n}</dd>
    </div>
  )
}
