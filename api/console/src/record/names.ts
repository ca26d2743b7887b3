import { useOrgs, useStatus } from '../api/queries'
import { useSpeech } from '../i18n/lang'

/** useNames turns codes of regions and organisations into their names. */
export function useNames() {
  const { of } = useSpeech()
  const orgs = useOrgs()
  const status = useStatus()
  const region = (code: string) => of(status.data?.regions.find((r) => r.code === code)?.name) || code
  const org = (code: string) => of(orgs.data?.items.find((o) => o.code === code)?.name) || code
  return { region, org }
}
