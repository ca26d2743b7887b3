import { useQueries, useQuery } from '@tanstack/react-query'
import { api, got } from '../api/client'
import { followed, kinds, variablesOf, type Exercise, type Seen } from './model'

export function useExercises(enabled: boolean) {
  return useQuery({ queryKey: ['law', 'exercises'], queryFn: () => got(api.GET('/v1/practice/exercises')), staleTime: Infinity, enabled })
}

export function useClock(enabled: boolean) {
  return useQuery({ queryKey: ['live', 'practice', 'clock'], queryFn: () => got(api.GET('/v1/practice/clock')), refetchInterval: 5000, enabled })
}

export const moveClock = (now: string) => got(api.PUT('/v1/practice/clock', { body: { now } }))

/** How many records of a procedure are looked at: no scenario has more. */
const recordsMax = 500

/**
 * useSeen reads what the ledger shows of an exercise: the records that stand for its
 * names, and what has happened to those that it follows.
 */
export function useSeen(e: Exercise | undefined, since: string, reads: boolean) {
  const procedures = e && reads ? kinds(e) : []
  const lists = useQueries({
    queries: procedures.map((procedure) => ({
      queryKey: ['live', 'practice', procedure],
      queryFn: () => got(api.GET('/v1/records', { params: { query: { procedure, limit: recordsMax } } })),
    })),
  })
  const rows = lists.flatMap((l) => l.data?.items ?? []).filter((r) => r.created_at >= since)
  const ids = Object.fromEntries(procedures.map((p) => [p, rows.filter((r) => r.procedure === p).map((r) => r.id)]))
  const variables = e ? variablesOf(e, ids) : {}
  const wanted = e ? [...new Set(followed(e).flatMap((name) => variables[name] ?? []))] : []
  const histories = useQueries({
    queries: wanted.map((id) => ({
      queryKey: ['live', 'history', id],
      queryFn: () => got(api.GET('/v1/records/{id}/history', { params: { path: { id } } })),
    })),
  })
  const seen: Record<string, Seen> = {}
  wanted.forEach((id, i) => {
    seen[id] = { id, state: rows.find((r) => r.id === id)?.state ?? '', events: (histories[i].data?.items ?? []).filter((x) => !x.part) }
  })
  return { variables, seen, waiting: lists.some((l) => l.isPending) || histories.some((h) => h.isPending), error: lists.find((l) => l.error)?.error ?? histories.find((h) => h.error)?.error }
}
