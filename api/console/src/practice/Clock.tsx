import { Button, Input } from 'antd'
import { useState } from 'react'
import { useQueryClient } from '@tanstack/react-query'
import { Panel } from '../frame/Panel'
import { Refusal } from '../frame/refusal'
import { useSpeech } from '../i18n/lang'
import { useWho } from '../session/context'
import { minute } from '../util/time'
import { moveClock } from './queries'

/** Clock is the practice clock, moved by whoever runs the node. */
export function Clock({ clock, next, start }: { clock: string | undefined; next: string | undefined; start: string }) {
  const { t, aside } = useSpeech()
  const who = useWho()
  const client = useQueryClient()
  const [to, setTo] = useState('')
  const [err, setErr] = useState<unknown>(null)
  const move = async (time: string) => {
    setErr(null)
    try {
      await moveClock(time)
      setTo('')
      void client.invalidateQueries({ queryKey: ['live'] })
    } catch (e) {
      setErr(e)
    }
  }
  const ahead = next ?? start
  return (
    <Panel title={t('practice.clock')}>
      <p>
        <b>{t('practice.now', { t: minute(clock) })}</b>
      </p>
      {who.roles.includes('operator') ? (
        <form
          className="filters"
          onSubmit={(e) => {
            e.preventDefault()
            void move(to.trim().replace(/^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)$/, '$1T$2:00+08:00').replace(/^(\d{4}-\d\d-\d\d)$/, '$1T09:00:00+08:00'))
          }}
        >
          <label>
            {t('practice.move')}
            <Input className="practice-to" value={to} placeholder="2025-09-25 15:00" maxLength={25} onChange={(e) => setTo(e.target.value)} />
          </label>
          <Button htmlType="submit" disabled={!to}>
            {t('practice.move.go')}
          </Button>
          {clock && ahead > clock && (
            <Button onClick={() => void move(ahead)}>
              {t('practice.move.next')}{aside(minute(ahead))}
            </Button>
          )}
          <span className="quiet">{t('practice.move.help')}</span>
        </form>
      ) : (
        <p className="quiet">{t('practice.move.who')}</p>
      )}
      {err !== null && <Refusal err={err} />}
    </Panel>
  )
}
