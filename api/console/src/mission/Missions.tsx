import { useState } from 'react'
import type { ListQuery } from '../api/queries'
import { Panel } from '../frame/Panel'
import { useSpeech } from '../i18n/lang'
import type { Key } from '../i18n/dict'
import { ownPage, recordPage } from '../record/pages'
import { RecordTable } from '../record/Table'
import './mission.css'
import { assignment, shownOfAssignments } from './model'
import { Offline } from './Offline'
import { Rooms } from './Rooms'

const trays = {
  yours: { yours: true, sort: 'due' },
  running: { running: true },
  all: {},
} as const satisfies Record<string, ListQuery>
type Tray = keyof typeof trays

/** Missions are the assignments of the bureau; those that wait for this very person come first. */
export default function Missions() {
  const { t } = useSpeech()
  const [tray, setTray] = useState<Tray>('yours')
  const { sort, ...query }: ListQuery = trays[tray]
  return (
    <div className="page">
      <Rooms />
      <Offline />
      <Panel title={t('mission.tasks')} extra={<span className="quiet">{t(`mission.${tray}.help` as Key)}</span>}>
        <div className="tabs" role="group" aria-label={t('list.filter')}>
          {(Object.keys(trays) as Tray[]).map((x) => (
            <button key={x} type="button" aria-pressed={x === tray} onClick={() => setTray(x)}>
              {t(`mission.${x}`)}
            </button>
          ))}
        </div>
        <RecordTable
          query={{ procedure: assignment, sort: sort ?? '-updated', ...query }}
          label={t('mission.tasks')}
          empty={t(tray === 'yours' ? 'mission.empty.yours' : 'mission.empty.running')}
          show={shownOfAssignments}
          to={(id) => ownPage(assignment, id) ?? recordPage(id)}
        />
      </Panel>
    </div>
  )
}
