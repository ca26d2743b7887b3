import { NavLink } from 'react-router'
import { useSpeech } from '../i18n/lang'

/** Rooms lead from one list of mutual inspection to the others. */
export function Rooms() {
  const { t } = useSpeech()
  return (
    <nav className="rooms" aria-label={t('mission.rooms')}>
      <NavLink to="/missions">{t('mission.tasks')}</NavLink>
      <NavLink to="/plans">{t('mission.plans')}</NavLink>
      <NavLink to="/draws">{t('nav.draws')}</NavLink>
      <NavLink to="/experts">{t('nav.experts')}</NavLink>
    </nav>
  )
}
