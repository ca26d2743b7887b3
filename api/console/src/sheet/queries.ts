import { useQuery } from '@tanstack/react-query'
import { api, bytes, got, nameOf } from '../api/client'
import { save } from '../util/save'
import type { Report } from './model'

export function useImports() {
  return useQuery({ queryKey: ['law', 'imports'], queryFn: () => got(api.GET('/v1/imports')), staleTime: 60_000 })
}

const query = (role: string, more: Record<string, string> = {}) => new URLSearchParams({ role, ...more }).toString()

/** preview asks what would come of a sheet; nothing is written. */
export async function preview(name: string, file: File, role: string): Promise<Report> {
  return (await (await bytes('POST', `/v1/imports/${name}/preview?${query(role)}`, file)).json()) as Report
}

/** run imports a sheet: all rows, or the good ones alone. */
export async function run(name: string, file: File, role: string, good: boolean): Promise<Report> {
  return (await (await bytes('POST', `/v1/imports/${name}?${query(role, { good: String(good) })}`, file)).json()) as Report
}

/** annotated gives the same sheet back, with what is wrong and with the ids of records. */
export async function annotated(name: string, file: File, role: string) {
  const response = await bytes('POST', `/v1/imports/${name}/preview?${query(role, { as: 'sheet' })}`, file)
  save(await response.blob(), nameOf(response, file.name))
}
