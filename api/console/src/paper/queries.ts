import { useQueries, useQuery } from '@tanstack/react-query'
import { api, got } from '../api/client'

/** usePapers asks which documents a record has by now. */
export function usePapers(record: string) {
  return useQuery({ queryKey: ['live', 'papers', record], queryFn: () => got(api.GET('/v1/records/{id}/papers', { params: { path: { id: record } } })) })
}

/** How soon codes are asked for again that no checkpoint covered yet, ms. */
const again = 2000

/** useDocuments reads one document of several records, each failing alone. What is being printed does not change by itself. */
export function useDocuments(document: string, records: string[]) {
  return useQueries({
    queries: records.map((id) => ({
      queryKey: ['paper', document, id],
      queryFn: () => got(api.GET('/v1/records/{id}/papers/{document}', { params: { path: { id, document } } })),
      staleTime: Infinity,
      refetchOnWindowFocus: false,
      refetchInterval: ({ state }: { state: { data?: { pending?: boolean } } }) => (state.data?.pending ? again : false),
    })),
  })
}
