import { Button } from 'antd'
import { Link, Navigate } from 'react-router'
import { useSpeech } from '../i18n/lang'
import { codeIn } from './code'
import { useSession, useWho } from './context'
import { SignCard } from './SignCard'

/** Enter asks whoever opens a sign-in link while somebody is signed in here as whom to go on. */
export default function Enter() {
  const { t, of, named, mark } = useSpeech()
  const { leave } = useSession()
  const who = useWho()
  if (!codeIn(location.hash)) return <Navigate to="/" replace />
  return (
    <SignCard title={t('app.name')}>
      <p>{t('sign.already', { name: who.name, role: who.roles.map((r) => named(`role.${r}`, r)).join(mark.list), org: of(who.org.name) })}</p>
      <p>
        <Button type="primary" block onClick={() => void leave(false)}>
          {t('sign.instead')}
        </Button>
      </p>
      <p>
        <Link to="/" replace>
          {t('sign.goon')}
        </Link>
      </p>
    </SignCard>
  )
}
