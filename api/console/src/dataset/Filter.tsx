import { Button, Input } from 'antd'
import { useId, useState } from 'react'
import { useSpeech } from '../i18n/lang'
import { comparisons, condition, withCondition, type Column, type Comparison } from './model'

interface Props {
  id: string
  columns: Column[]
  value: string
  onChange: (value: string) => void
  label?: string // without, a label elsewhere names the input
}

/** Filter is a condition on rows: put together by choosing, or written, in the language of filters. */
export function Filter({ id, columns, value, onChange, label }: Props) {
  const { t, of } = useSpeech()
  const own = useId()
  const [name, setName] = useState('')
  const column = columns.find((c) => c.name === name) ?? columns.find((c) => !c.key) ?? columns[0]
  const ops = column ? comparisons(column) : []
  const [chosen, setOp] = useState<Comparison['op']>('==')
  const op = ops.includes(chosen) ? chosen : ops[0]
  const [typed, setTyped] = useState('')
  const given = column?.choices ? (column.choices.includes(typed) ? typed : column.choices[0]) : typed
  const more = column && op ? condition(column, op, given) : undefined
  const bare = op === 'known' || op === 'unknown'
  return (
    <div className="data-filter">
      {column && (
        <div className="filters" role="group" aria-label={t('data.filter.build')}>
          <label>
            {t('data.filter.column')}
            <select value={column.name} onChange={(e) => setName(e.target.value)}>
              {columns.map((c) => (
                <option key={c.name} value={c.name}>
                  {of(c.title)}
                </option>
              ))}
            </select>
          </label>
          <select aria-label={t('data.filter.op')} value={op} onChange={(e) => setOp(e.target.value as Comparison['op'])}>
            {ops.map((o) => (
              <option key={o} value={o}>
                {t(`data.op.${o}`)}
              </option>
            ))}
          </select>
          {!bare && column.choices ? (
            <select aria-label={t('data.filter.value')} value={given} onChange={(e) => setTyped(e.target.value)}>
              {column.choices.map((c) => (
                <option key={c} value={c}>
                  {c}
                </option>
              ))}
            </select>
          ) : (
            !bare && (
              <Input
                className="data-value"
                aria-label={t('data.filter.value')}
                value={typed}
                maxLength={100}
                placeholder={column.type === 'date' ? '2025-11-10' : ''}
                suffix={column.unit}
                onChange={(e) => setTyped(e.target.value)}
              />
            )
          )}
          <Button disabled={!more} onClick={() => more && onChange(withCondition(value, more))}>
            {t('data.filter.add')}
          </Button>
        </div>
      )}
      <Input.TextArea id={id} aria-label={label} aria-describedby={`${own}-h`} value={value} rows={2} maxLength={600} spellCheck={false} onChange={(e) => onChange(e.target.value)} />
      <span className="quiet hint" id={`${own}-h`}>
        {t('data.filter.help')}
      </span>
    </div>
  )
}
