import { Button } from 'antd'
import { LanguageSwitch } from '../frame/LanguageSwitch'
import { useSpeech } from '../i18n/lang'
import { useSession } from './context'
import { PasswordForm } from './PasswordForm'

/** FirstPassword stands before everything else while an initial password is in use. */
export default function FirstPassword() {
  const { t } = useSpeech()
  const { leave } = useSession()
  return (
    <main className="sign" id="content">
      <div className="sign-card">
        <div className="sign-head">
          <img src="/console/favicon.svg" alt="" width={40} height={40} />
          <h1>{t('pass.first')}</h1>
          <LanguageSwitch />
        </div>
        <p>{t('pass.why')}</p>
        <PasswordForm />
        <p>
          <Button type="link" onClick={() => void leave(false)}>
            {t('sign.out')}
          </Button>
        </p>
      </div>
    </main>
  )
}
