import { Link, useSearchParams } from 'react-router'
import { useLaw, useProcedures, type ListQuery } from '../api/queries'
import { Empty } from '../frame/Empty'
import { Panel } from '../frame/Panel'
import { useSpeech } from '../i18n/lang'
import { roomOf } from '../report/rooms'
import { looksLikeHash } from '../audit/hash'
import { ByHash } from '../audit/ByHash'
import { useWho } from '../session/context'
import { takesPart } from '../session/roles'
import { RecordTable } from './Table'

/** Nothing says that no record fits, and leads out of what narrows the list. */
function Nothing({ narrowed }: { narrowed: boolean }) {
  const { t } = useSpeech()
  const who = useWho()
  return narrowed ? (
    <Empty to="/records" go={t('list.clear')}>
      {t('list.empty.narrowed')}
    </Empty>
  ) : (
    <Empty to="/" go={t('app.home')}>
      {t(takesPart(who.roles) ? 'list.empty' : 'list.empty.watch')}
    </Empty>
  )
}

const sorts = ['-updated', 'updated', 'due'] as const

/** List is every record of the region, filtered by the address of the page. */
export default function List() {
  const { t, of } = useSpeech()
  const [params, setParams] = useSearchParams()
  const procedures = useProcedures()
  const procedure = params.get('procedure') ?? ''
  const law = useLaw(procedure)
  const text = params.get('text') ?? ''
  const sort = sorts.find((s) => s === params.get('sort')) ?? '-updated'
  const query: ListQuery = {
    procedure: procedure || undefined,
    state: params.get('state') ?? undefined,
    overdue: params.get('overdue') === 'true' || undefined,
    text: text || undefined,
    sort,
  }
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(params)
    if (value) next.set(name, value)
    else next.delete(name)
    if (name === 'procedure') next.delete('state') // states are a procedure's own
    setParams(next)
  }
  return (
    <div className="page">
      {looksLikeHash(text) && <ByHash text={text} />}
      <Panel title={text ? t('search.result', { q: text }) : t('nav.records')}>
        <div className="filters" role="group" aria-label={t('list.filter')}>
          <label>
            {t('list.procedure')}
            <select value={procedure} onChange={(e) => set('procedure', e.target.value)}>
              <option value="">{t('list.all')}</option>
              {procedures.data?.items.map((p) => (
                <option key={p.name} value={p.name}>
                  {of(p.title)}
                </option>
              ))}
            </select>
          </label>
          {law.data && procedure && (
            <label>
              {t('list.state')}
              <select value={query.state ?? ''} onChange={(e) => set('state', e.target.value)}>
                <option value="">{t('list.allstates')}</option>
                {law.data.states.map((s) => (
                  <option key={s.name} value={s.name}>
                    {of(s)}
                  </option>
                ))}
              </select>
            </label>
          )}
          <label>
            {t('list.sort')}
            <select value={sort} onChange={(e) => set('sort', e.target.value)}>
              {sorts.map((s) => (
                <option key={s} value={s}>
                  {t(`list.sort.${s}`)}
                </option>
              ))}
            </select>
          </label>
          <label className="check">
            <input type="checkbox" checked={query.overdue ?? false} onChange={(e) => set('overdue', e.target.checked ? 'true' : '')} />
            {t('list.overdue')}
          </label>
        </div>
        {roomOf(procedure) && (
          <p>
            <Link to={`/rooms/${procedure}`}>{t('report.room')}</Link>
          </p>
        )}
        <RecordTable query={query} label={t('nav.records')} empty={<Nothing narrowed={[...params.keys()].some((name) => name !== 'sort')} />} />
      </Panel>
    </div>
  )
}
