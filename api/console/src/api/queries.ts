import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query'
import type { Document } from '../law/document'
import { api, got, type Rule } from './client'
import { majority } from './reading'

// Keys begin with 'live' when the ledger's growth may change the answer, and with
// 'law' when only a vote may: a version of a document never changes.

export interface ListQuery {
  procedure?: string
  state?: string
  owes?: string
  box?: 'todo' | 'in' | 'out' | 'done'
  overdue?: boolean
  turn?: boolean
  running?: boolean
  yours?: boolean
  fields?: string[]
  text?: string
  sort?: '-updated' | 'updated' | 'due'
  cursor?: string
  limit?: number
}

export function useRecords(query: ListQuery) {
  return useQuery({
    queryKey: ['live', 'records', query],
    queryFn: () => got(api.GET('/v1/records', { params: { query } })),
    placeholderData: keepPreviousData,
  })
}

export function useRecord(id: string) {
  return useQuery({ queryKey: ['live', 'record', id], queryFn: () => got(api.GET('/v1/records/{id}', { params: { path: { id } } })), enabled: id !== '' })
}

export function useHistory(id: string) {
  return useQuery({
    queryKey: ['live', 'history', id],
    queryFn: () => got(api.GET('/v1/records/{id}/history', { params: { path: { id } } })),
  })
}

export function useDraw(id: string) {
  return useQuery({ queryKey: ['live', 'draw', id], queryFn: () => got(api.GET('/v1/draws/{id}', { params: { path: { id } } })), enabled: id !== '' })
}

export function useDeadlines(id: string) {
  return useQuery({
    queryKey: ['live', 'deadlines', id],
    queryFn: () => got(api.GET('/v1/records/{id}/deadlines', { params: { path: { id } } })),
  })
}

export function useStatus() {
  return useQuery({
    queryKey: ['live', 'status'],
    queryFn: async () => {
      const status = await got(api.GET('/v1/status'))
      majority(status.replica.ready)
      return status
    },
    refetchInterval: 5000,
  })
}

export function useNodes() {
  return useQuery({ queryKey: ['live', 'nodes'], queryFn: () => got(api.GET('/v1/nodes')), refetchInterval: 5000 })
}

export function useProcedures() {
  return useQuery({ queryKey: ['law', 'list'], queryFn: () => got(api.GET('/v1/procedures')), staleTime: 60_000 })
}

export function useOrgs() {
  return useQuery({ queryKey: ['law', 'orgs'], queryFn: () => got(api.GET('/v1/orgs')), staleTime: Infinity })
}

/** useRulesAt reads the rules as of several instants, each failing alone: when a limit would end that starts then. */
export function useRulesAt(starts: string[]): Record<string, Rule[] | undefined> {
  const answers = useQueries({
    queries: starts.map((start) => ({ queryKey: ['law', 'rules', start], queryFn: () => got(api.GET('/v1/rules', { params: { query: { start } } })), staleTime: 60_000 })),
  })
  return Object.fromEntries(starts.map((start, i) => [start, answers[i].data?.items]))
}

const lawQuery = (name: string, version: number) => ({
  queryKey: ['law', 'document', name, version],
  queryFn: async () => (await got(api.GET('/v1/procedures/{name}', { params: { path: { name }, query: { version } } }))).document as unknown as Document,
  staleTime: version === 0 ? 60_000 : Infinity,
  enabled: name !== '',
})

/** useLaw reads a procedure; version 0 is the one in force. */
export function useLaw(name: string, version = 0) {
  return useQuery(lawQuery(name, version))
}

/** useLaws reads several procedures in force, each failing alone. */
export function useLaws(names: string[]): Record<string, Document | undefined> {
  const answers = useQueries({ queries: names.map((name) => lawQuery(name, 0)) })
  return Object.fromEntries(names.map((name, i) => [name, answers[i].data]))
}
