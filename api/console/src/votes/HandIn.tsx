import { Alert, Button } from 'antd'
import { useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { bytes, settled, type Receipt } from '../api/client'
import { Command } from '../frame/Command'
import { Panel } from '../frame/Panel'
import { Refusal } from '../frame/refusal'
import { useSpeech } from '../i18n/lang'
import { useNames } from '../record/names'
import { useWho } from '../session/context'
import { holds } from '../session/roles'
import { minute } from '../util/time'
import { signedOf, type Signed } from './model'

/** HandIn takes what the offline machine signed, shows what it says, and submits it. */
export function HandIn() {
  const { t } = useSpeech()
  const who = useWho()
  const may = holds('operator')(who.roles)
  return (
    <Panel title={<span id="handin">{t('vote.handin')}</span>}>
      {may ? <Drop /> : <p className="quiet">{t('vote.handin.who')}</p>}
      <p className="quiet">{t('vote.handin.cli')}</p>
      <Command lines={['sandi gov submit FILE.jws --token @operator-token']} />
    </Panel>
  )
}

/** carried is what may be handed in for another region, whose only machine may be gone. */
const carried = ['node.add', 'node.remove']

function Drop() {
  const { t, named } = useSpeech()
  const id = useId()
  const who = useWho()
  const names = useNames()
  const client = useQueryClient()
  const [signed, setSigned] = useState<Signed | null>(null)
  const [bad, setBad] = useState('')
  const [err, setErr] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const [receipt, setReceipt] = useState<Receipt | null>(null)

  const take = async (file: File | undefined) => {
    if (!file) return
    setErr(null)
    setReceipt(null)
    const found = signedOf(await file.slice(0, 1 << 17).text())
    setSigned(found)
    setBad(found ? '' : file.name)
  }
  const go = async (s: Signed) => {
    setBusy(true)
    setErr(null)
    try {
      const answer = await bytes('POST', '/v1/statements', new Blob([s.raw]), { 'Idempotency-Key': s.id, 'Content-Type': 'application/jose' })
      let given = (await answer.json()) as Receipt
      setReceipt(given)
      if (given.status === 'pending') given = await settled(s.id)
      setReceipt(given)
      setSigned(null)
      void client.invalidateQueries()
    } catch (e) {
      setErr(e)
    }
    setBusy(false)
  }
  const foreign = signed && signed.region !== who.region.code && !carried.includes(signed.kind)
  return (
    <div className="handin">
      <span className="file">
        <input
          id={id}
          type="file"
          className="hidden-file"
          accept=".jws,.txt"
          aria-label={t('vote.handin.choose')}
          onChange={(e) => {
            void take(e.target.files?.[0])
            e.target.value = ''
          }}
        />
        <label className="file-button" htmlFor={id} aria-hidden="true">
          {t('vote.handin.choose')}
        </label>
      </span>
      {bad && <Alert type="error" showIcon role="alert" title={t('vote.handin.bad', { name: bad })} />}
      {signed && (
        <section className="signed" aria-label={t('vote.handin.says')}>
          <dl className="fields">
            <div className="field">
              <dt>{t('vote.handin.says')}</dt>
              <dd>
                <b>{named(`vote.kind.${signed.kind}`, signed.kind)}</b>
              </dd>
            </div>
            <div className="field">
              <dt>{t('vote.handin.region')}</dt>
              <dd>{names.region(signed.region)}</dd>
            </div>
            <div className="field">
              <dt>{t('vote.handin.at')}</dt>
              <dd>{minute(signed.at)}</dd>
            </div>
          </dl>
          <pre className="signed-body" tabIndex={0}>
            {JSON.stringify(signed.body, null, 2)}
          </pre>
          {foreign ? (
            <Alert type="error" showIcon role="alert" title={t('vote.handin.foreign', { region: names.region(signed.region) })} />
          ) : (
            <Button type="primary" loading={busy} onClick={() => void go(signed)}>
              {t('vote.handin.go')}
            </Button>
          )}
        </section>
      )}
      {err !== null && <Refusal err={err} />}
      {receipt?.status === 'pending' && <Alert type="info" showIcon role="status" title={t('vote.handin.pending')} />}
      {receipt?.status === 'committed' && <Alert type="success" showIcon role="status" title={t('vote.handin.done', { n: receipt.index ?? '' })} />}
    </div>
  )
}
