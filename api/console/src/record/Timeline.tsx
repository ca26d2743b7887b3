import { Button } from 'antd'
import { useState } from 'react'
import type { Entry } from '../api/client'
import { useHistory } from '../api/queries'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { stateOf, titleOf, type Document } from '../law/document'
import { useWho } from '../session/context'
import { minute } from '../util/time'
import { useNames } from './names'
import { Proof } from './Proof'

/** Timeline is what was done to a record, the latest first, each act with its proof. */
export function Timeline({ id, law }: { id: string; law: Document }) {
  const history = useHistory(id)
  if (history.error) return <Failed err={history.error} retry={() => void history.refetch()} />
  if (!history.data) return <Waiting lines={5} />
  return (
    <ol className="timeline">
      {history.data.items.map((entry, i) => <Act key={`${entry.index}-${entry.event}-${i}`} entry={entry} law={law} />).reverse()}
    </ol>
  )
}

function Act({ entry, law }: { entry: Entry; law: Document }) {
  const { t, of, named, mark } = useSpeech()
  const who = useWho()
  const names = useNames()
  const [open, setOpen] = useState(false)
  const place = entry.org ? names.org(entry.org) : entry.region ? names.region(entry.region) : ''
  const actor = entry.role ? `${place} ${named(`role.${entry.role}`, entry.role)}` : place || t('rec.node')
  const given = law.fields.filter((f) => entry.fields?.includes(f.name ?? '')).map(of).join(mark.list)
  return (
    <li>
      <div className="act-head">
        <b>{of(titleOf(law, entry.event)) || entry.event}</b>
        {entry.part && <span className="quiet">{t('rec.part')}</span>}
        {(entry.late?.length ?? 0) > 0 && <span className="bad">{t('rec.late')}</span>}
        {entry.to && entry.to !== entry.from && <span className="quiet">→ {of(stateOf(law, entry.to)) || entry.to}</span>}
      </div>
      <div>{actor}</div>
      <div className="quiet">
        #{entry.index} · {minute(entry.at)} {t('rec.signedat')}
        {minute(entry.ledger_time) !== minute(entry.at) && ` · ${minute(entry.ledger_time)} ${t('rec.ledgerat')}`}
      </div>
      {given && <div className="quiet given">{given}</div>}
      {entry.region === who.region.code ? (
        <>
          <Button type="link" size="small" className="proof-toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t('rec.proof.show')}
          </Button>
          {open && <Proof statement={entry.statement} />}
        </>
      ) : (
        entry.region && <div className="quiet">{t('rec.proof.foreign', { region: names.region(entry.region) })}</div>
      )}
    </li>
  )
}
