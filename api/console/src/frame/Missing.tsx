import { Link } from 'react-router'
import { useSpeech } from '../i18n/lang'

export function Missing() {
  const { t } = useSpeech()
  return (
    <div className="empty">
      <h1>{t('app.notfound')}</h1>
      <Link to="/">{t('app.home')}</Link>
    </div>
  )
}
