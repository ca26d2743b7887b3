import type { ReactNode } from 'react'
import type { RecordFull } from '../api/client'
import { useSpeech } from '../i18n/lang'
import { partyOf, type Document } from '../law/document'
import { useNames } from './names'
import { State } from './State'

interface Props {
  record: RecordFull
  law: Document
  beside?: ReactNode // the state
  note?: (region: string) => string // of a party
  children?: ReactNode // what stands after the parties
}

/** Head names a record, its state, and its parties in the order of its law, the owner first. */
export function Head({ record, law, beside, note, children }: Props) {
  const { of } = useSpeech()
  const names = useNames()
  return (
    <header className="record-head">
      <div>
        <h1>
          {of(law.title)} <span className="id">{record.id}</span>
        </h1>
        <p>
          <State law={law} name={record.state} />
          {beside}
        </p>
      </div>
      <dl className="parties">
        {partiesOf(record, law).map(([name, p]) => (
          <div key={name}>
            <dt>
              {of(partyOf(law, name)) || name}
              {note?.(p.region)}
            </dt>
            <dd>{p.org ? names.org(p.org) : names.region(p.region)}</dd>
          </div>
        ))}
        {children}
      </dl>
    </header>
  )
}

function partiesOf(record: RecordFull, law: Document) {
  const place = (name: string) => {
    const i = law.parties.findIndex((p) => p.name === name.split('@')[0])
    return i < 0 ? law.parties.length : i
  }
  return Object.entries(record.parties).sort(([a], [b]) => place(a) - place(b))
}
