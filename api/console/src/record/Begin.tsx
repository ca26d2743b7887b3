import type { ReactNode } from 'react'
import { useLaw } from '../api/queries'
import { Empty } from '../frame/Empty'
import { useSpeech } from '../i18n/lang'
import { useWho } from '../session/context'

/** Begin stands where a procedure has no records: whoever may opens the first one here. */
export function Begin({ procedure, others, children }: { procedure: string; others?: ReactNode; children: ReactNode }) {
  const { of } = useSpeech()
  const who = useWho()
  const law = useLaw(procedure)
  const may = (law.data?.open.by ?? []).some((a) => who.roles.includes(a.role))
  if (may) {
    return (
      <Empty to={`/open/${procedure}`} go={of(law.data?.open.title)}>
        {children}
      </Empty>
    )
  }
  return (
    <Empty>
      {children} {others}
    </Empty>
  )
}
