import { Link } from 'react-router'
import { useProcedures } from '../api/queries'
import { Empty } from '../frame/Empty'
import { useSpeech } from '../i18n/lang'
import { useWho } from '../session/context'
import { takesPart } from '../session/roles'
import type { Box } from './boxes'

/** EmptyBox says why a tray holds nothing, and what somebody in this office may do next. */
export function EmptyBox({ box }: { box: Box }) {
  const { t } = useSpeech()
  const who = useWho()
  const procedures = useProcedures()
  const opens = (procedures.data?.items ?? []).some((p) => p.opens.some((role) => who.roles.includes(role)))
  const next = { todo: opens ? 'desk.empty.todo' : 'desk.empty.wait', in: 'desk.empty.in', out: opens ? 'desk.empty.out.begin' : 'desk.empty.out', done: 'desk.empty.done' } as const
  return (
    <>
      <Empty to="/records" go={t('desk.empty.all')}>
        {t(next[box])}
      </Empty>
      {who.practice && takesPart(who.roles) && (
        <p className="empty-more">
          <Link to="/practice">{t('desk.empty.practice')}</Link>
        </p>
      )}
    </>
  )
}
