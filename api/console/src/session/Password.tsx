import { Alert } from 'antd'
import { useState } from 'react'
import { Panel } from '../frame/Panel'
import { useSpeech } from '../i18n/lang'
import { PasswordForm } from './PasswordForm'

/** Password is the page on which somebody with a local account changes it. */
export default function Password() {
  const { t } = useSpeech()
  const [saved, setSaved] = useState(false)
  return (
    <div className="page narrow">
      <Panel title={t('sign.change')}>
        {saved && <Alert type="success" showIcon role="status" title={t('pass.saved')} />}
        <PasswordForm saved={() => setSaved(true)} />
      </Panel>
    </div>
  )
}
