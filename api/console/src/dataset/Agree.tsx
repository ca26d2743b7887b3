import { useMemo } from 'react'
import { Link, useParams } from 'react-router'
import { useLaw, useRecord } from '../api/queries'
import type { Inputs } from '../form/Line'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { Opening } from '../record/Open'
import { useWho } from '../session/context'
import { Filter } from './Filter'
import { agreementPage, agreements, draft, setPage, type Column } from './model'
import { useDataSet } from './queries'
import './dataset.css'

/** Agree drafts an agreement about one data set: its columns to be ticked, a condition on its rows to be put together. */
export default function Agree() {
  const { id = '' } = useParams()
  const { t, of } = useSpeech()
  const who = useWho()
  const law = useLaw(agreements)
  const set = useDataSet(id)
  const record = useRecord(id)
  const inputs = useMemo(() => inputsOf(set.data?.columns ?? []), [set.data])
  const failed = [law, set, record].find((q) => q.error)
  if (failed) return <Failed err={failed.error} retry={() => void failed.refetch()} />
  if (!law.data || !set.data || !record.data) return <Waiting lines={8} />
  const owner = set.data.owner
  const counterpart = owner === who.region.code ? undefined : Object.values(record.data.parties).find((p) => p.region === owner)?.org
  return (
    <div className="page narrow">
      <p className="crumbs">
        <Link to="/data">{t('nav.data')}</Link> / <Link to={setPage(id)}>{set.data.title}</Link> / {of(law.data.title)}
      </p>
      <Panel title={of(law.data.open.title)}>
        <Opening law={law.data} initial={draft(set.data, counterpart)} inputs={inputs} to={agreementPage} />
      </Panel>
    </div>
  )
}

/** inputsOf are the inputs that know the columns of the data set. */
function inputsOf(columns: Column[]): Inputs {
  return {
    agreed_columns: ({ id, value, onChange }) => <Ticks id={id} columns={columns} value={Array.isArray(value) ? value.map(String) : []} onChange={onChange} />,
    row_filter: ({ id, value, onChange }) => <Filter id={id} columns={columns} value={typeof value === 'string' ? value : ''} onChange={onChange} />,
  }
}

interface TicksProps {
  id: string
  columns: Column[]
  value: string[]
  onChange: (names: string[]) => void
}

/** Ticks choose columns, in the order of the data set. */
export function Ticks({ id, columns, value, onChange }: TicksProps) {
  const { t, of } = useSpeech()
  const tick = (name: string, on: boolean) => onChange(columns.map((c) => c.name).filter((n) => (n === name ? on : value.includes(n))))
  return (
    <div className="ticks" id={id} tabIndex={-1}>
      {columns.map((c) => (
        <label key={c.name} className="check">
          <input type="checkbox" checked={value.includes(c.name)} onChange={(e) => tick(c.name, e.target.checked)} /> {of(c.title)} <code>{c.name}</code>
          {c.class !== 'clear' && <span className="near"> {t(`data.class.${c.class}`)}</span>}
        </label>
      ))}
    </div>
  )
}
