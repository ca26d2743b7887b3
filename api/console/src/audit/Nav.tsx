import { NavLink } from 'react-router'
import { useSpeech } from '../i18n/lang'
import { useWho } from '../session/context'

/** AuditNav leads between the pages of the auditor's bench. Exports and who looked are for auditors alone. */
export function AuditNav() {
  const { t } = useSpeech()
  const auditor = useWho().roles.includes('auditor')
  return (
    <nav className="bench" aria-label={t('audit.bench')}>
      <NavLink to="/audit" end>
        {t('audit.bench.overview')}
      </NavLink>
      <NavLink to="/audit/verify">{t('audit.bench.verify')}</NavLink>
      {auditor && <NavLink to="/audit/export">{t('audit.bench.export')}</NavLink>}
      {auditor && <NavLink to="/audit/looked">{t('audit.bench.looked')}</NavLink>}
    </nav>
  )
}
