import { FormOutlined } from '@ant-design/icons'
import { Link, useParams } from 'react-router'
import type { RecordFull, RecordRow } from '../api/client'
import { useLaw, useRecords } from '../api/queries'
import { addressOf } from '../form/model'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { fieldOf, type Document } from '../law/document'
import { Due } from '../record/Due'
import { Fields, Shown } from '../record/Fields'
import { useNames } from '../record/names'
import { recordPage } from '../record/pages'
import { State } from '../record/State'
import { Steps } from '../record/Steps'
import { WithRecord } from '../record/WithRecord'
import { useWho } from '../session/context'
import './mission.css'
import { assignment, assignsIn, draw, drawsIn, planOf } from './model'

/** How many draws and assignments of a plan are read at most. */
const most = 200

/** Plan is one plan: its hosts and who leads where, its draws, and an assignment for each who was drawn. */
export default function Plan() {
  const { id = '' } = useParams()
  return (
    <WithRecord id={id} keeps>
      {({ record, law, reload }) => <Page key={id} record={record} law={law} reload={reload} />}
    </WithRecord>
  )
}

/** useOf reads the records of a procedure that belong to a plan. */
function useOf(procedure: string, plan: string, fields: string[]) {
  const found = useRecords({ procedure, text: plan, sort: 'updated', limit: most, fields: ['plan', ...fields] })
  return { ...found, rows: (found.data?.items ?? []).filter((row) => row.fields?.plan === plan) }
}

function Page({ record, law, reload }: { record: RecordFull; law: Document; reload: () => void }) {
  const { t, of } = useSpeech()
  const f = planOf(record)
  const next = (record.deadlines ?? []).filter((d) => !d.not_before && d.due).sort((a, b) => ((a.due ?? '') < (b.due ?? '') ? -1 : 1))[0]
  const rest = { ...law, fields: law.fields.filter((field) => !['hosts', 'rota', 'host_regions', 'title'].includes(field.name ?? '')) }
  return (
    <div className="page">
      <p className="crumbs">
        <Link to="/plans">{t('mission.plans')}</Link> / <Link to={recordPage(record.id)}>{t('mission.record')}</Link>
      </p>
      <header className="mission-head">
        <h1>{f.title}</h1>
        <p>
          <State law={law} name={record.state} /> <span className="id">{f.plan_no ?? record.id}</span>
        </p>
        {next?.due && <Due due={next.due} overdue={next.verdict === 'overdue'} workdaysLeft={next.workdays_left} title={of(next.title)} />}
      </header>
      <div className="detail">
        <div>
          {f.hosts && (
            <Panel title={t('plan.hosts')}>
              <Hosts record={record} />
            </Panel>
          )}
          <Draws record={record} />
          <Assignments record={record} />
        </div>
        <div>
          <Panel title={t('rec.steps')}>
            <Steps record={record} law={law} reload={reload} />
          </Panel>
          <Panel title={t('rec.fields')}>
            <Fields record={record} law={rest} />
          </Panel>
        </div>
      </div>
    </div>
  )
}

function Hosts({ record }: { record: RecordFull }) {
  const { t, mark } = useSpeech()
  const names = useNames()
  const f = planOf(record)
  return (
    <table className="records">
      <thead>
        <tr>
          <th scope="col">{t('plan.host')}</th>
          <th scope="col">{t('plan.lead')}</th>
          <th scope="col">{t('plan.size')}</th>
          <th scope="col">{t('plan.quota')}</th>
        </tr>
      </thead>
      <tbody>
        {(f.hosts ?? []).map((h) => (
          <tr key={h.region}>
            <td>{names.region(h.region)}</td>
            <td data-label={t('plan.lead')}>
              {(f.rota ?? [])
                .filter((r) => r.host === h.region)
                .map((r) => names.region(r.lead))
                .join(mark.list) || '—'}
            </td>
            <td data-label={t('plan.size')} className="num">
              {h.size}
            </td>
            <td data-label={t('plan.quota')} className="num">
              {h.quota}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** useOpens says whether the person may open records of a procedure for a plan of their own region, in its state. */
function useOpens(record: RecordFull, law: Document | undefined, states: string[]): boolean {
  const who = useWho()
  return states.includes(record.state) && record.owner === who.region.code && (law?.open.by ?? []).some((a) => who.roles.includes(a.role))
}

function Draws({ record }: { record: RecordFull }) {
  const { t } = useSpeech()
  const law = useLaw(draw)
  const draws = useOf(draw, record.id, ['draw_no', 'kind', 'stratum'])
  const opens = useOpens(record, law.data, drawsIn)
  const f = planOf(record)
  return (
    <Panel
      title={t('plan.draws')}
      extra={
        opens && (
          <Link to={`/open/${draw}?${addressOf({ plan: record.id, region_orgs: f.region_orgs })}`}>
            <FormOutlined /> {t('plan.draw.new')}
          </Link>
        )
      }
    >
      {draws.error && !draws.data ? (
        <Failed err={draws.error} retry={() => void draws.refetch()} />
      ) : !draws.data || !law.data ? (
        <Waiting />
      ) : draws.rows.length === 0 ? (
        <p className="quiet">{t('plan.draws.none')}</p>
      ) : (
        <ul className="plan-list">
          {draws.rows.map((row) => (
            <li key={row.id}>
              <Link to={`/draw/${row.id}`}>
                <Value row={row} law={law.data} name="draw_no" /> · <Value row={row} law={law.data} name="kind" /> · <Value row={row} law={law.data} name="stratum" />
              </Link>{' '}
              <State law={law.data} name={row.state} />
            </li>
          ))}
        </ul>
      )}
      {draws.data?.next && <p className="quiet">{t('plan.more')}</p>}
    </Panel>
  )
}

function Value({ row, law, name }: { row: RecordRow; law: Document; name: string }) {
  const field = fieldOf(law, name)
  return field && row.fields?.[name] !== undefined ? <Shown field={field} value={row.fields[name]} /> : null
}

/** Assignments are those drawn, each with its assignment or the way to make one. */
function Assignments({ record }: { record: RecordFull }) {
  const { t } = useSpeech()
  const names = useNames()
  const law = useLaw(assignment)
  const draws = useOf(draw, record.id, ['kind', 'selected'])
  const made = useOf(assignment, record.id, ['target_uscc', 'target_name', 'target_draw', 'host_org', 'window_from', 'window_to'])
  const opens = useOpens(record, law.data, assignsIn)
  const f = planOf(record)
  const sealed = draws.rows.filter((row) => Array.isArray(row.fields?.selected))
  const targets = sealed.filter((row) => row.fields?.kind === 'target').flatMap((row) => (row.fields?.selected as string[]).map((uscc) => ({ uscc, draw: row.id })))
  const experts = sealed.filter((row) => row.fields?.kind === 'expert')
  const of = (uscc: string) => made.rows.find((row) => row.fields?.target_uscc === uscc)
  if (made.error && !made.data) {
    return (
      <Panel title={t('plan.assignments')}>
        <Failed err={made.error} retry={() => void made.refetch()} />
      </Panel>
    )
  }
  return (
    <Panel title={t('plan.assignments')} extra={targets.length > 0 && <span className="quiet">{t('plan.assigned', { n: targets.length, k: targets.filter((x) => of(x.uscc)).length })}</span>}>
      {!made.data || !law.data ? (
        <Waiting />
      ) : targets.length === 0 ? (
        <p className="quiet">{t('plan.assignments.none')}</p>
      ) : (
        <ul className="plan-list">
          {targets.map(({ uscc, draw: from }) => {
            const row = of(uscc)
            return (
              <li key={from + uscc}>
                {row ? (
                  <>
                    <Link to={`/mission/${row.id}`}>{String(row.fields?.target_name ?? uscc)}</Link> <State law={law.data} name={row.state} />
                    <span className="sub">
                      <span className="id">{uscc}</span> {typeof row.fields?.host_org === 'string' && names.org(row.fields.host_org)}{' '}
                      {row.fields?.window_from !== undefined && `${String(row.fields.window_from)} — ${String(row.fields.window_to)}`}
                    </span>
                  </>
                ) : (
                  <>
                    <span className="id">{uscc}</span>{' '}
                    {opens && (
                      <Link to={`/open/${assignment}?${addressOf({ plan: record.id, target_draw: from, expert_draw: experts.length === 1 ? experts[0].id : undefined, target_uscc: uscc, field: f.field, region_orgs: [record.parties.organiser?.org ?? '', ...(f.region_orgs ?? [])] })}`}>
                        <FormOutlined /> {t('plan.assignment.new')}
                      </Link>
                    )}
                  </>
                )}
              </li>
            )
          })}
        </ul>
      )}
    </Panel>
  )
}
