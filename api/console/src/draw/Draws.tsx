import { useSearchParams } from 'react-router'
import { useLaw } from '../api/queries'
import { Panel } from '../frame/Panel'
import { useSpeech } from '../i18n/lang'
import { ownPage, recordPage } from '../record/pages'
import { RecordTable } from '../record/Table'
import '../mission/mission.css'
import { Rooms } from '../mission/Rooms'
import { procedure, shown } from './model'

/** Draws is the list of draws; `plan` in its address keeps to those of a plan. */
export default function Draws() {
  const { t, of } = useSpeech()
  const [params, setParams] = useSearchParams()
  const law = useLaw(procedure)
  const state = params.get('state') ?? ''
  const plan = params.get('plan') ?? ''
  return (
    <div className="page">
      <Rooms />
      <Panel title={law.data ? of(law.data.title) : t('nav.draws')} extra={<span className="quiet">{t('draw.list.help')}</span>}>
        <div className="filters" role="group" aria-label={t('list.filter')}>
          <label>
            {t('list.state')}
            <select value={state} onChange={(e) => setParams({ ...(plan && { plan }), ...(e.target.value && { state: e.target.value }) })}>
              <option value="">{t('list.allstates')}</option>
              {law.data?.states.map((s) => (
                <option key={s.name} value={s.name}>
                  {of(s)}
                </option>
              ))}
            </select>
          </label>
        </div>
        <RecordTable
          query={{ procedure, state: state || undefined, text: plan || undefined }}
          label={t('nav.draws')}
          empty={t('draw.list.empty')}
          show={shown}
          to={(id) => ownPage(procedure, id) ?? recordPage(id)}
        />
      </Panel>
    </div>
  )
}
