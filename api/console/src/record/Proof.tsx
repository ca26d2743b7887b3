import { SafetyCertificateOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { api, got, type LedgerReceipt } from '../api/client'
import { problemOf } from '../api/problem'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { save } from '../util/save'
import { payloadOf } from './statement'

/** Promised is the answer before a checkpoint covers the statement: where it stands, and no proof yet. */
type Promised = Omit<Partial<LedgerReceipt>, 'statement'> & { statement?: undefined }

const covered = (r: LedgerReceipt | Promised): r is LedgerReceipt => r.statement !== undefined

/** Proof is the receipt of a statement: its place, its grade, the signed bytes. */
export function Proof({ statement }: { statement: string }) {
  const { t } = useSpeech()
  const receipt = useQuery({
    queryKey: ['live', 'receipt', statement],
    queryFn: async () => (await got(api.GET('/v1/statements/{id}/receipt', { params: { path: { id: statement }, query: { wait: '20s' } } }))) as LedgerReceipt | Promised,
    retry: (n, err) => n < 3 && problemOf(err).status === 503,
    refetchInterval: ({ state }) => (state.data && !covered(state.data) ? 1000 : false),
  })
  if (receipt.error) return <Failed err={receipt.error} retry={() => void receipt.refetch()} />
  if (!receipt.data) return <Waiting />
  const r = receipt.data
  if (!covered(r)) return <p className="quiet">{t('rec.proof.pending')}</p>
  const file = new Blob([JSON.stringify(r)], { type: 'application/json' })
  return (
    <div className="proof">
      <p>
        <SafetyCertificateOutlined /> <b>{t(r.grade === 'final' ? 'rec.grade.final' : r.grade === 'published' ? 'rec.grade.published' : 'rec.grade.committed')}</b> ·{' '}
        {t('rec.proof.position')} #{r.index} / {r.size}
      </p>
      <p className="quiet">{t('rec.proof.why')}</p>
      <button type="button" className="linkish" onClick={() => save(file, `receipt-${statement}.json`)}>
        {t('rec.proof.save')}
      </button>
      <details>
        <summary>{t('rec.proof.payload')}</summary>
        <pre tabIndex={0}>{payloadOf(r.statement)}</pre>
      </details>
      <details>
        <summary>{t('rec.proof.signed')}</summary>
        <pre className="raw" tabIndex={0}>
          {r.statement}
        </pre>
      </details>
    </div>
  )
}
