import { Input } from 'antd'
import { useEffect, useId, useState } from 'react'
import { Link } from 'react-router'
import { useLaw, useLaws, useRecord, useRecords } from '../api/queries'
import { useSpeech } from '../i18n/lang'
import { stateOf } from '../law/document'
import { recordId } from '../util/recordid'

interface Props {
  value: string
  onChange: (value: string) => void
  aria: object // id, label and the like
  invalid?: boolean
}

/** How many records are offered at once. */
const offered = 12

/** So long somebody has stopped typing before the node is asked, ms. */
const pause = 300

/** RecordInput takes the id of a record, offers those that fit what is typed, and says which one was named. */
export function RecordInput({ value, onChange, aria, invalid }: Props) {
  const { of } = useSpeech()
  const list = useId()
  const asked = useSettled(value.trim(), pause)
  const found = useRecords({ text: asked || undefined, sort: '-updated', limit: offered })
  const rows = found.data?.items ?? []
  const laws = useLaws([...new Set(rows.map((row) => row.procedure))].sort())
  const named = recordId(value)
  return (
    <>
      <Input {...aria} list={list} value={value} autoComplete="off" spellCheck={false} status={invalid ? 'error' : ''} onChange={(e) => onChange(e.target.value)} />
      <datalist id={list}>
        {rows.map((row) => {
          const law = laws[row.procedure]
          return (
            <option key={row.id} value={row.id}>
              {law ? `${of(law.title)} · ${of(stateOf(law, row.state))}` : row.procedure}
            </option>
          )
        })}
      </datalist>
      {named && <Named id={named} />}
    </>
  )
}

/** Named says which record an id is, so that a slip of the pen shows. */
function Named({ id }: { id: string }) {
  const { t, of } = useSpeech()
  const record = useRecord(id)
  const law = useLaw(record.data?.procedure ?? '', record.data?.version ?? 0)
  if (record.error) return <span className="near named">{t('act.norecord')}</span>
  if (!record.data || !law.data) return null
  return (
    <span className="quiet named">
      <Link to={`/record/${id}`} target="_blank">
        {of(law.data.title)}
      </Link>{' '}
      · {of(stateOf(law.data, record.data.state))}
    </span>
  )
}

/** useSettled is a text once it has stayed as it is for a while. */
function useSettled(text: string, wait: number): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), wait)
    return () => clearTimeout(timer)
  }, [text, wait])
  return settled
}
