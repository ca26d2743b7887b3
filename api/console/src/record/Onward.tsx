import { FormOutlined } from '@ant-design/icons'
import { Link } from 'react-router'
import type { RecordFull } from '../api/client'
import { useProcedures } from '../api/queries'
import { addressOf } from '../form/model'
import { onwardFrom } from '../form/refined'
import { carried } from '../form/refined/refinement'
import { useSpeech } from '../i18n/lang'
import type { Document } from '../law/document'
import { useWho } from '../session/context'

/** Onward leads from a record to what may follow from it, its form filled in with what the record says. */
export function Onward({ record, law }: { record: RecordFull; law: Document }) {
  const { t, of } = useSpeech()
  const who = useWho()
  const procedures = useProcedures()
  if (record.state === law.initial) return null // a draft leads nowhere yet
  const mine = (procedures.data?.items ?? []).filter((p) => p.opens.some((role) => who.roles.includes(role)))
  const ways = onwardFrom(law.name).flatMap((way) => mine.filter((p) => p.name === way.procedure).map((p) => ({ ...way, title: p.title })))
  if (ways.length === 0) return null
  return (
    <div className="onward">
      <p className="quiet">{t('rec.onward')}</p>
      <ul className="links">
        {ways.map((way) => (
          <li key={way.procedure}>
            <Link to={`/open/${way.procedure}?${addressOf({ [way.field]: record.id, ...carried(way.take, record.fields) })}`}>
              <FormOutlined /> {of(way.title)}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  )
}
