import { NavLink } from 'react-router'
import { useSpeech } from '../i18n/lang'

/** AuditNav leads between the pages of the auditor's bench. */
export function AuditNav() {
  const { t } = useSpeech()
  return (
    <nav className="bench" aria-label={t('audit.bench')}>
      <NavLink to="/audit" end>
        {t('audit.bench.overview')}
      </NavLink>
      <NavLink to="/audit/verify">{t('audit.bench.verify')}</NavLink>
    </nav>
  )
}
