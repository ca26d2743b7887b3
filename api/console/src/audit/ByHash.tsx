import { useQuery } from '@tanstack/react-query'
import { api, got } from '../api/client'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { useSpeech } from '../i18n/lang'
import { Sentence } from './EntryLine'

/** ByHash is the entries one of whose hashes begins as a text that somebody searches; nothing when there are none. */
export function ByHash({ text }: { text: string }) {
  const { t } = useSpeech()
  const found = useQuery({
    queryKey: ['live', 'by-hash', text],
    queryFn: () => got(api.GET('/v1/entries', { params: { query: { hash: text } } })),
    refetchInterval: ({ state }) => (state.data && state.data.searched < state.data.size ? 500 : false), // the node still reads
  })
  if (found.error) return <Failed err={found.error} retry={() => void found.refetch()} />
  const d = found.data
  const searching = d !== undefined && d.searched < d.size
  if (!d || (d.items.length === 0 && !searching)) return null
  return (
    <Panel title={t('entry.found')}>
      {searching && <p className="quiet">{t('entry.found.searching', { n: d.searched, size: d.size })}</p>}
      <ol className="entries">
        {d.items.map((e) => (
          <Sentence key={e.index} e={e} />
        ))}
      </ol>
      {d.more && <p className="quiet">{t('entry.found.more')}</p>}
    </Panel>
  )
}
