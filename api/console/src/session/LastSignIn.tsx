import { Alert } from 'antd'
import { useState } from 'react'
import { useSpeech } from '../i18n/lang'
import { civil } from '../util/time'
import { useWho } from './context'

/** LastSignIn tells the person of a local account of the sign-in before, once. */
export function LastSignIn() {
  const { t } = useSpeech()
  const who = useWho()
  const [seen, setSeen] = useState(false)
  if (!who.account || seen) return null
  const before = who.before ? t('sign.before', { at: civil(Date.parse(who.before.at) / 1000), from: who.before.from }) : t('sign.first')
  return (
    <Alert
      type={who.wrong ? 'warning' : 'info'}
      banner
      showIcon
      closable={{ closeIcon: true, 'aria-label': t('app.close') }}
      onClose={() => setSeen(true)}
      title={who.wrong ? `${before}${t('sign.stop')}${t('sign.wrong', { n: who.wrong })}` : before}
    />
  )
}
