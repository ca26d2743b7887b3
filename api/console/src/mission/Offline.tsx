import { DisconnectOutlined } from '@ant-design/icons'
import { Alert } from 'antd'
import { useEffect, useState } from 'react'
import { useSpeech } from '../i18n/lang'

/** Offline says that the connection is lost: by the browser's word, or because a reading has just failed. */
export function Offline({ failed = false }: { failed?: boolean }) {
  const { t } = useSpeech()
  const [away, setAway] = useState(() => !navigator.onLine)
  useEffect(() => {
    const look = () => setAway(!navigator.onLine)
    window.addEventListener('online', look)
    window.addEventListener('offline', look)
    return () => {
      window.removeEventListener('online', look)
      window.removeEventListener('offline', look)
    }
  }, [])
  if (!away && !failed) return null
  return <Alert className="offline" type="warning" showIcon icon={<DisconnectOutlined />} role="alert" title={t('mission.offline')} />
}
