import { useQuery } from '@tanstack/react-query'
import { api, got } from '../api/client'
import { useStatus } from '../api/queries'
import type { Signing } from '../frame/offline'

// Administrators are given no events: what changes is asked for again.
const again = 10_000

export function useProposals() {
  return useQuery({ queryKey: ['live', 'proposals'], queryFn: () => got(api.GET('/v1/proposals')), refetchInterval: again })
}

export function useProposal(region: string, id: string) {
  return useQuery({ queryKey: ['live', 'proposal', region, id], queryFn: () => got(api.GET('/v1/proposals/{region}/{id}', { params: { path: { region, id } } })), refetchInterval: again })
}

/** useSigning is what lines for the offline machine need; undefined until the node has said it. */
export function useSigning(): Signing | undefined {
  const { data } = useStatus()
  return data && { region: data.region, practice: data.practice, clock: data.now }
}
