import { useQuery } from '@tanstack/react-query'
import { api, got } from '../api/client'
import type { Report } from './model'

export interface Asked {
  from?: string
  to?: string
  region?: string
}

/** A report takes a processor of the node: it is counted when somebody asks, not with every entry. */
const still = { staleTime: 60_000, refetchOnWindowFocus: false }

export function useReports() {
  return useQuery({ queryKey: ['report', 'list'], queryFn: () => got(api.GET('/v1/reports')), staleTime: Infinity })
}

/** A report comes as JSON or as a workbook; here it is JSON. */
const count = async (name: string, query: Asked & { list?: string }) => (await got(api.GET('/v1/reports/{name}', { params: { path: { name }, query } }))) as Report

export function useReport(name: string, asked: Asked) {
  return useQuery({
    queryKey: ['report', name, asked],
    queryFn: () => count(name, asked),
    ...still,
  })
}

/** useListed reads the rows of one figure. */
export function useListed(name: string, asked: Asked, list: string) {
  return useQuery({
    queryKey: ['report', name, asked, 'list', list],
    queryFn: () => count(name, { ...asked, list }),
    enabled: list !== '',
    ...still,
  })
}
