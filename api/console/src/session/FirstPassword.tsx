import { Button } from 'antd'
import { useSpeech } from '../i18n/lang'
import { useSession } from './context'
import { PasswordForm } from './PasswordForm'
import { SignCard } from './SignCard'

/** FirstPassword stands before everything else while an initial password is in use. */
export default function FirstPassword() {
  const { t } = useSpeech()
  const { leave } = useSession()
  return (
    <SignCard title={t('pass.first')}>
      <p>{t('pass.why')}</p>
      <PasswordForm />
      <p>
        <Button type="link" onClick={() => void leave(false)}>
          {t('sign.out')}
        </Button>
      </p>
    </SignCard>
  )
}
