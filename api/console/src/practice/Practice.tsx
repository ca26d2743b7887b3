import { useSearchParams } from 'react-router'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { useWho } from '../session/context'
import { readsRecords } from '../session/roles'
import { minute } from '../util/time'
import { Clock } from './Clock'
import { progressOf, type Exercise } from './model'
import { useClock, useExercises, useSeen } from './queries'
import { StepLine } from './StepLine'
import './practice.css'

/** Practice guides through a synthetic scenario, ticked off as the ledger shows it done. */
export default function Practice() {
  const { t, of } = useSpeech()
  const who = useWho()
  const [params, setParams] = useSearchParams()
  const exercises = useExercises(who.practice)
  if (!who.practice) {
    return (
      <div className="empty">
        <h1>{t('practice.real')}</h1>
        <p>{t('practice.real.help')}</p>
      </div>
    )
  }
  if (exercises.error) return <Failed err={exercises.error} retry={() => void exercises.refetch()} />
  if (!exercises.data) return <Waiting lines={8} />
  const items = exercises.data.items
  const chosen = items.find((e) => e.name === params.get('scenario')) ?? items[0]
  return (
    <div className="page">
      <h1 className="greeting">{t('practice.title')}</h1>
      <p className="quiet">{t('practice.synthetic')}</p>
      <p className="quiet">{t('practice.byhand')}</p>
      <div className="filters">
        <label>
          {t('practice.which')}
          <select value={chosen.name} onChange={(e) => setParams({ scenario: e.target.value })}>
            {items.map((e) => (
              <option key={e.name} value={e.name}>
                {of(e.title)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Followed key={chosen.name} exercise={chosen} since={params.get('since') ?? ''} begin={(since) => setParams(since ? { scenario: chosen.name, since } : { scenario: chosen.name })} />
    </div>
  )
}

function Followed({ exercise: e, since, begin }: { exercise: Exercise; since: string; begin: (since: string) => void }) {
  const { t } = useSpeech()
  const who = useWho()
  const clock = useClock(true)
  const reads = readsRecords(who.roles)
  const { variables, seen, waiting, error } = useSeen(e, since, reads)
  const progress = progressOf(e, variables, seen, who.region.code)
  const next = progress.findIndex((p) => p.status === 'next' || p.status === 'part')
  const done = progress.filter((p) => p.status !== 'open' && p.status !== 'next' && p.status !== 'part').length
  return (
    <>
      <Clock clock={clock.data?.now} next={next < 0 || !reads ? undefined : e.steps[next].at} start={e.start} />
      <Panel title={t('practice.steps')} extra={reads && !waiting ? <span className="quiet">{t('practice.done', { n: done, m: e.steps.length })}</span> : undefined}>
        {error && <Failed err={error} retry={() => begin(since)} />}
        {reads && (
          <p className="quiet">
            {since ? (
              <>
                {t('practice.again.help', { t: minute(since) })}{' '}
                <button type="button" className="linkish" onClick={() => begin('')}>
                  {t('practice.again.all')}
                </button>
              </>
            ) : (
              <button type="button" className="linkish" disabled={!clock.data} onClick={() => begin(clock.data?.now ?? '')}>
                {t('practice.again')}
              </button>
            )}
          </p>
        )}
        {waiting && <Waiting lines={2} />}
        <ol className="exercise">
          {e.steps.map((s, i) => (
            <StepLine key={s.n} step={s} steps={e.steps} progress={progress[i]} variables={variables} follows={reads} />
          ))}
        </ol>
      </Panel>
    </>
  )
}
