import { FormOutlined } from '@ant-design/icons'
import { Link } from 'react-router'
import { useLaw } from '../api/queries'
import { Panel } from '../frame/Panel'
import { useSpeech } from '../i18n/lang'
import { ownPage, recordPage } from '../record/pages'
import { RecordTable } from '../record/Table'
import { useWho } from '../session/context'
import './mission.css'
import { plan, shownOfPlans } from './model'
import { Rooms } from './Rooms'

/** Plans is the list of plans. */
export default function Plans() {
  const { t, of } = useSpeech()
  const who = useWho()
  const law = useLaw(plan)
  const opens = (law.data?.open.by ?? []).some((a) => who.roles.includes(a.role))
  return (
    <div className="page">
      <Rooms />
      <Panel
        title={t('mission.plans')}
        extra={
          opens && (
            <Link to={`/open/${plan}`}>
              <FormOutlined /> {of(law.data?.open.title)}
            </Link>
          )
        }
      >
        <RecordTable query={{ procedure: plan, sort: '-updated' }} label={t('mission.plans')} empty={t('plan.empty')} show={shownOfPlans} to={(id) => ownPage(plan, id) ?? recordPage(id)} />
      </Panel>
    </div>
  )
}
