import { Button, Input } from 'antd'
import type { FormValue } from '../form/model'
import { useSpeech } from '../i18n/lang'
import type { Field } from '../law/document'
import type { ChecklistItem } from './model'

interface Props {
  field: Field
  id: string
  value: FormValue
  onChange: (value: FormValue) => void
  items: ChecklistItem[]
}

type Row = { item_id?: FormValue; result?: FormValue; note?: FormValue }

/** Answers takes the answer to each item of a checklist: one touch an item, a note where there is something to say. */
export function Answers({ field, id, value, onChange, items }: Props) {
  const { t, of } = useSpeech()
  const rows = (Array.isArray(value) ? value : []) as Row[]
  const member = (name: string) => field.of?.fields?.find((m) => m.name === name)
  const results = member('result')?.values ?? []
  const rowOf = (item: string): Row => rows.find((r) => r.item_id === item) ?? { item_id: item }
  const set = (item: string, more: Row) => onChange(items.map((x) => (x.id === item ? { ...rowOf(item), ...more } : rowOf(x.id))))
  const chosen = items.filter((x) => rowOf(x.id).result).length
  const fill = () => onChange(items.map((x) => (rowOf(x.id).result ? rowOf(x.id) : { ...rowOf(x.id), result: results[0]?.name })))
  return (
    <div id={id} tabIndex={-1} role="group" aria-label={of(field)} className="answers">
      <p className="quiet" role="status">
        {t('mission.answered', { n: chosen, of: items.length })}{' '}
        <Button size="small" onClick={fill} disabled={chosen === items.length}>
          {t('mission.allok', { ok: of(results[0]) })}
        </Button>
      </p>
      <ol>
        {items.map((item) => {
          const row = rowOf(item.id)
          return (
            <li key={item.id}>
              <span id={`${id}.${item.id}`}>
                <b>{item.id}</b> {item.text} <span className="quiet">{item.clause}</span>
              </span>
              {item.evidence && <span className="sub">{t('mission.evidence', { what: item.evidence })}</span>}
              <span className="tabs" role="group" aria-labelledby={`${id}.${item.id}`}>
                {results.map((r) => (
                  <button key={r.name} type="button" aria-pressed={row.result === r.name} onClick={() => set(item.id, { result: r.name })}>
                    {of(r)}
                  </button>
                ))}
              </span>
              {row.result && row.result !== results[0]?.name && (
                <Input aria-label={`${item.id} ${of(member('note')) || t('mission.note')}`} placeholder={of(member('note')) || t('mission.note')} maxLength={500} value={typeof row.note === 'string' ? row.note : ''} onChange={(e) => set(item.id, { note: e.target.value })} />
              )}
            </li>
          )
        })}
      </ol>
    </div>
  )
}
