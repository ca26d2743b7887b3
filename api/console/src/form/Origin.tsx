import { Button } from 'antd'
import { useState } from 'react'
import { useRecord } from '../api/queries'
import { useSpeech } from '../i18n/lang'
import type { FormField, FormValues } from './model'
import { carried, originOf, type Refinement } from './refined/refinement'

interface Props {
  refinement?: Refinement
  fields: FormField[]
  values: FormValues
  take: (more: FormValues) => void
}

/** Origin offers what the record says that a form follows from, for the fields that are still empty. */
export function Origin({ refinement, fields, values, take }: Props) {
  const { t } = useSpeech()
  const [taken, setTaken] = useState('')
  const id = originOf(refinement, values) ?? ''
  const record = useRecord(id)
  if (id === '' || !record.data) return null
  const all = carried(refinement?.origin?.from[record.data.procedure], record.data.fields)
  const free = Object.fromEntries(Object.entries(all).filter(([name]) => !values[name] && fields.some((f) => f.field.name === name)))
  const n = Object.keys(free).length
  if (n === 0 && taken !== id) return null
  return (
    <p className="origin" role="status">
      {n === 0 ? (
        t('act.from.taken')
      ) : (
        <>
          {t('act.from.has', { id, n })}{' '}
          <Button
            size="small"
            onClick={() => {
              take(free)
              setTaken(id)
            }}
          >
            {t('act.from.take')}
          </Button>
        </>
      )}
    </p>
  )
}
