import type { ReactNode } from 'react'
import type { RecordFull } from '../api/client'
import { problemOf } from '../api/problem'
import { useLaw, useRecord } from '../api/queries'
import { Empty } from '../frame/Empty'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import type { Document } from '../law/document'

/** Read is a record with the law that it goes by. */
export interface Read {
  record: RecordFull
  law: Document
  lost: boolean // it was read before and could not be read again
  reload: () => void
}

interface Props {
  id: string
  keeps?: boolean // what was read before stays when it cannot be read again
  children: (read: Read) => ReactNode
}

/** WithRecord shows a page about a record once that and its law are here, and until then why not. */
export function WithRecord({ id, keeps = false, children }: Props) {
  const record = useRecord(id)
  const law = useLaw(record.data?.procedure ?? '', record.data?.version ?? 0)
  for (const read of [record, law]) {
    if (read.error && !(keeps && read.data)) return <Unread err={read.error} retry={() => void read.refetch()} />
  }
  if (!record.data || !law.data) return <Waiting lines={8} />
  return <>{children({ record: record.data, law: law.data, lost: record.error !== null, reload: () => void record.refetch() })}</>
}

/** Unread says why a page about a record is not here: there is none that the reader may see, or it could not be read. */
export function Unread({ err, retry }: { err: unknown; retry: () => void }) {
  const { t } = useSpeech()
  if (problemOf(err).status === 404) return <Empty to="/records" go={t('rec.find')}>{t('rec.notfound')}</Empty>
  return <Failed err={err} retry={retry} />
}
