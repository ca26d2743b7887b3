import { useOrgs, useStatus } from '../api/queries'
import { useWho } from '../session/context'
import { day } from '../util/time'
import type { Known } from './refined/refinement'

/** useKnown is what a form may be filled from: who acts, the ledger's day, the organisations, and what the record says. */
export function useKnown(fields: Record<string, unknown>): Known {
  const who = useWho()
  const orgs = useOrgs()
  const status = useStatus()
  return { org: who.org.code, region: who.region.code, today: day(status.data?.now), orgs: orgs.data?.items ?? [], fields }
}
