import { Alert, Button, Input } from 'antd'
import { useState } from 'react'
import { api, bring, got, type RecordFull } from '../api/client'
import { useStatus } from '../api/queries'
import type { FormValues } from '../form/model'
import { Refusal } from '../frame/refusal'
import { useSpeech } from '../i18n/lang'
import { fieldOf, type Document } from '../law/document'
import { fieldsOf, frozen, quotaOf, strataOf, typed } from './model'
import { maxFile } from './text'

interface Props {
  record: RecordFull
  law: Document
  title: string // of the act that freezes
  ready: (form: FormValues) => void
}

/** How many experts a pool is made of at most, here. */
const expertsMost = 1000

/**
 * Freeze makes the texts of pool and rule out of what somebody pastes, has in a file or
 * takes from the expert pool, brings both to the node, and fills in the form that
 * freezes their digests.
 */
export function Freeze({ record, law, title, ready }: Props) {
  const { t, of, mark } = useSpeech()
  const status = useStatus()
  const [text, setText] = useState('')
  const [quotas, setQuotas] = useState<Record<string, string>>({})
  const [rules, setRules] = useState('')
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState(false)
  const [err, setErr] = useState<unknown>(null)
  const { pool, wrong } = typed(text)
  const strata = strataOf(pool)
  const kind = fieldsOf(record).kind ?? ''
  const chosen = strata.map((s) => quotaOf(s, quotas[s] ?? ''))
  const complete = pool.length > 0 && wrong.length === 0 && chosen.every((q) => q !== undefined) && /^[0-9A-Za-z._-]{1,64}$/.test(rules.trim())
  const reasons = fieldOf(law, 'exclusions')?.of?.fields?.find((m) => m.name === 'reason')?.values ?? []

  const go = async () => {
    setBusy(true)
    setErr(null)
    setNote('')
    try {
      const made = frozen(pool, { kind, exclusions: rules.trim(), quotas: chosen.flatMap((q) => (q ? [q] : [])) }, (status.data?.now ?? '').slice(0, 16))
      await bring(made.pool)
      await bring(made.rule)
      ready(made.form)
      setNote(t('draw.freeze.ready', { act: title }))
    } catch (e) {
      setErr(e)
    } finally {
      setBusy(false)
    }
  }
  const read = async (file: File | undefined) => {
    if (file && file.size <= maxFile) setText(await file.text())
  }
  return (
    <div className="freeze">
      <p className="quiet">{t('draw.freeze.help')}</p>
      <label className="line-label" htmlFor="freeze-list">
        {t('draw.freeze.list')}
      </label>
      <Input.TextArea id="freeze-list" rows={6} value={text} onChange={(e) => setText(e.target.value)} placeholder={'A 91130602XXXX00022E\nB 91130108XXXX00043G visited'} />
      <div className="freeze-ways">
        <label className="member">
          <span>{t('draw.freeze.file')}</span>
          <input type="file" accept=".txt,.csv,.pool,text/plain" onChange={(e) => void read(e.target.files?.[0])} />
        </label>
        {kind === 'expert' && <FromExperts take={setText} said={setNote} failed={setErr} />}
      </div>
      {wrong.length > 0 && <p className="bad">{t('draw.freeze.wrong', { lines: wrong.slice(0, 10).join(mark.list) + (wrong.length > 10 ? '…' : '') })}</p>}
      {pool.length > 0 && <p>{t('draw.freeze.count', { n: pool.length, out: pool.filter((c) => c.excluded !== '').length })}</p>}
      {strata.map((s) => (
        <label key={s} className="member freeze-quota">
          <span>{t('draw.freeze.quota', { stratum: s })}</span>
          <Input value={quotas[s] ?? ''} inputMode="decimal" maxLength={7} onChange={(e) => setQuotas((q) => ({ ...q, [s]: e.target.value }))} />
        </label>
      ))}
      <label className="member freeze-quota">
        <span>{t('draw.freeze.rules')}</span>
        <Input value={rules} maxLength={40} placeholder="PC-2025-1" onChange={(e) => setRules(e.target.value)} />
      </label>
      <details>
        <summary>{t('draw.freeze.reasons')}</summary>
        <ul className="draw-list">
          {reasons.map((r) => (
            <li key={r.name}>
              <code>{r.name}</code> {of(r)}
            </li>
          ))}
        </ul>
      </details>
      <Button type="primary" loading={busy} disabled={!complete} onClick={() => void go()}>
        {t('draw.freeze.go')}
      </Button>
      {note && <Alert type="success" showIcon role="status" title={note} />}
      {err !== null && <Refusal err={err} />}
    </div>
  )
}

/** FromExperts takes over who is in the pool of a field, with those who must stay away from the host region and why. */
function FromExperts({ take, said, failed }: { take: (text: string) => void; said: (note: string) => void; failed: (err: unknown) => void }) {
  const { t, of } = useSpeech()
  const status = useStatus()
  const [host, setHost] = useState('')
  const go = async () => {
    try {
      const found = await got(api.GET('/v1/experts', { params: { query: { host: host || undefined, excluded: true, limit: expertsMost } } }))
      const away = (found.excluded ?? []).flatMap((m) => {
        const recusal = m.reasons?.find((r) => r.recusal)
        return recusal && (m.reasons ?? []).every((r) => r.recusal) ? [{ m, reason: recusal.code }] : []
      })
      const stratum = (m: (typeof away)[number]['m']) => m.skills?.[0]?.zh ?? m.region
      const lines = [...(found.items ?? []).map((m) => `${stratum(m)} ${m.record}`), ...away.map(({ m, reason }) => `${stratum(m)} ${m.record} ${reason}`)]
      take(lines.join('\n'))
      said(t('draw.freeze.experts.got', { n: lines.length, out: away.length }))
    } catch (e) {
      failed(e)
    }
  }
  return (
    <span className="member">
      <label>
        <span>{t('draw.freeze.experts.host')}</span>
        <select className="select" value={host} onChange={(e) => setHost(e.target.value)}>
          <option value="">—</option>
          {status.data?.regions.map((r) => (
            <option key={r.code} value={r.code}>
              {of(r.name)}
            </option>
          ))}
        </select>
      </label>
      <Button onClick={() => void go()}>{t('draw.freeze.experts')}</Button>
    </span>
  )
}
