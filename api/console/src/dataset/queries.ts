import { useQuery } from '@tanstack/react-query'
import { api, bytes, got, nameOf } from '../api/client'
import type { components } from '../api/schema'
import { save } from '../util/save'
import type { LoadReport, Page } from './model'

export function useDataSet(id: string) {
  return useQuery({ queryKey: ['live', 'data-set', id], queryFn: () => got(api.GET('/v1/data-sets/{id}', { params: { path: { id } } })), enabled: id !== '' })
}

export function useAgreements() {
  return useQuery({ queryKey: ['live', 'data-agreements'], queryFn: () => got(api.GET('/v1/data-agreements')) })
}

export function useAgreement(id: string) {
  return useQuery({ queryKey: ['live', 'data-agreement', id], queryFn: () => got(api.GET('/v1/data-agreements/{id}', { params: { path: { id } } })), enabled: id !== '' })
}

/** useAnswers are the notes of what this bureau was given. They grow with questions, not with the ledger. */
export function useAnswers(id: string) {
  return useQuery({ queryKey: ['data-answers', id], queryFn: () => got(api.GET('/v1/data-agreements/{id}/answers', { params: { path: { id } } })) })
}

/** ask asks for one page. Nobody calls it but a person's own click: each page stands in two access logs. */
export async function ask(id: string, question: components['schemas']['DataQuestion']): Promise<Page> {
  return got(api.POST('/v1/data-sets/{id}/query', { params: { path: { id } }, body: question }))
}

const path = (id: string, role: string, more: Record<string, string>) => `/v1/data-sets/${id}/rows?${new URLSearchParams({ role, ...more }).toString()}`

/** checked says what would come of a file of rows; nothing changes. */
export async function checked(id: string, file: File, role: string): Promise<LoadReport> {
  return (await (await bytes('POST', path(id, role, { check: 'true' }), file)).json()) as LoadReport
}

/** load puts a file's rows in the place of those before. */
export async function load(id: string, file: File, role: string): Promise<LoadReport> {
  return (await (await bytes('POST', path(id, role, {}), file)).json()) as LoadReport
}

/** wrongRows gives the wrong rows alone, each with what is wrong, to be mended. */
export async function wrongRows(id: string, file: File, role: string) {
  const response = await bytes('POST', path(id, role, { check: 'true', as: 'sheet' }), file)
  save(await response.blob(), nameOf(response, `${id}-errors.csv`))
}
