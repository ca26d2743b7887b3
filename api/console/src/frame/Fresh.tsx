import { CheckCircleOutlined, DisconnectOutlined, SyncOutlined, WarningOutlined } from '@ant-design/icons'
import { Tooltip } from 'antd'
import { useEffect, useState } from 'react'
import type { NodeStatus } from '../api/client'
import { useSpeech } from '../i18n/lang'
import { useSession } from '../session/context'
import { cosigning, secondsOld } from './fresh'

/** Fresh is the chip that says how much of the ledger a page has seen. */
export function Fresh({ status, live }: { status: NodeStatus | undefined; live: boolean }) {
  const { t } = useSpeech()
  const { stamp } = useSession()
  const [now, setNow] = useState(() => performance.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  const size = Math.max(stamp?.size ?? 0, status?.size ?? 0)
  if (!status || size === 0) return null
  const old = stamp ? secondsOld(stamp, now) : 0
  const age = old < 2 ? t('fresh.now') : old < 120 ? t('fresh.ago', { n: old }) : t('fresh.minutes', { n: Math.floor(old / 60) })
  const c = cosigning(status, size)
  const signed =
    c === null ? t('fresh.none') : c.behind ? t('fresh.upto', { a: c.by, b: c.of, n: c.upTo }) : t('fresh.cosigned', { a: c.by, b: c.of })
  const trouble = !live ? t('fresh.offline') : !status.replica.ready ? t('fresh.noleader') : ''
  const icon = !live ? <DisconnectOutlined /> : trouble ? <WarningOutlined /> : c && !c.behind && c.by === c.of ? <CheckCircleOutlined /> : <SyncOutlined />
  return (
    <Tooltip title={t('fresh.help')}>
      <span className={`fresh ${trouble ? 'fresh-bad' : c && c.by === c.of ? 'fresh-good' : ''}`} role="status" aria-live="off">
        {icon} {trouble ? `${trouble} · ` : ''}
        {t('fresh.entry', { n: size - 1 })} · {age} · {signed}
      </span>
    </Tooltip>
  )
}
