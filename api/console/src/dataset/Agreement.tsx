import { Link, useParams } from 'react-router'
import type { RecordFull } from '../api/client'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import type { Document } from '../law/document'
import { Fields } from '../record/Fields'
import { Head } from '../record/Head'
import { useNames } from '../record/names'
import { recordPage } from '../record/pages'
import { Steps } from '../record/Steps'
import { Timeline } from '../record/Timeline'
import { WithRecord, type Read } from '../record/WithRecord'
import { useWho } from '../session/context'
import { Answers } from './Answers'
import { Columns } from './Columns'
import { Standing } from './DataSet'
import { officesOf, setPage, type Agreement as Terms } from './model'
import { useAgreement } from './queries'
import './dataset.css'

/** Agreement is what one bureau may ask of another's data set: terms, both sides' consent, until when, what was given. */
export default function Agreement() {
  const { id = '' } = useParams()
  const terms = useAgreement(id)
  return <WithRecord id={id}>{(read) => <Page {...read} terms={terms} />}</WithRecord>
}

function Page({ record, law, reload, terms }: Read & { terms: ReturnType<typeof useAgreement> }) {
  const { t } = useSpeech()
  const who = useWho()
  const id = record.id
  const rest = { ...law, fields: law.fields.filter((f) => f.name !== 'agreed_columns') }
  return (
    <div className="page">
      <p className="crumbs">
        <Link to="/data">{t('nav.data')}</Link> / {terms.data && <Link to={setPage(terms.data.data_set)}>{terms.data.title ?? terms.data.data_set}</Link>} / <Link to={recordPage(id)}>{t('data.record')}</Link>
      </p>
      <Top record={record} law={law} terms={terms.data} />
      <div className="detail">
        <div>
          <Panel title={t('data.now')}>{terms.data ? <Now terms={terms.data} law={law} /> : terms.error ? <Failed err={terms.error} retry={() => void terms.refetch()} /> : <Waiting />}</Panel>
          <Panel title={t('rec.steps')}>
            <Steps record={record} law={law} reload={reload} />
          </Panel>
          <Panel title={t('rec.fields')}>
            <Fields record={record} law={rest} />
          </Panel>
        </div>
        <div>
          <Panel title={t('data.agreed')}>{terms.data ? <Columns list={terms.data.columns} label={t('data.agreed')} /> : <Waiting />}</Panel>
          <Panel title={t('rec.timeline')}>
            <Timeline id={id} law={law} />
          </Panel>
        </div>
      </div>
      <Panel title={t('data.answers')} extra={<Logged id={id} />}>{terms.data && terms.data.asker !== who.region.code ? <p className="quiet">{t('data.answers.theirs')}</p> : <Answers id={id} />}</Panel>
    </div>
  )
}

function Top({ record, law, terms }: { record: RecordFull; law: Document; terms?: Terms }) {
  const { t, aside } = useSpeech()
  const side = (region: string) => (terms?.owner ? aside(t(region === terms.owner ? 'data.owner' : 'data.asker')) : '')
  return (
    <Head record={record} law={law} note={side} beside={terms && <Standing of={terms} />}>
      {terms && (
        <div>
          <dt>{t('data.expires')}</dt>
          <dd className="num">{terms.until}</dd>
        </div>
      )}
    </Head>
  )
}

/** Logged leads auditors to who asked for what. */
function Logged({ id }: { id: string }) {
  const { t } = useSpeech()
  const auditor = useWho().roles.includes('auditor')
  return auditor ? <Link to={`/audit/looked?record=${id}`}>{t('data.answers.log')}</Link> : <span className="quiet">{t('data.answers.help')}</span>
}

/** Now says what the agreement means today: what has still to be signed, who may ask, how to end it. */
function Now({ terms, law }: { terms: Terms; law: Document }) {
  const { t, named, mark } = useSpeech()
  const names = useNames()
  const who = useWho()
  const offices = officesOf(law)
  const asks = terms.asker === who.region.code
  const may = asks && who.roles.some((role) => offices.includes(role))
  return (
    <>
      <ul className="verdicts">
        <li>
          {terms.asker && terms.owner ? t('data.now.who', { asker: names.region(terms.asker), owner: names.region(terms.owner), n: terms.fields.length }) : t('data.now.none')}
        </li>
        <li>
          {terms.rows === 'true' ? t('data.now.all') : t('data.now.rows')} {terms.rows !== 'true' && <code>{terms.rows}</code>}
        </li>
        <li>{t('data.now.end', { d: terms.until })}</li>
      </ul>
      {may && terms.usable && (
        <p>
          <Link to="ask" className="go">
            {t('data.ask')}
          </Link>
        </p>
      )}
      {asks && !may && <p className="quiet">{t('data.ask.notyours', { who: offices.map((o) => named(`role.${o}`, o)).join(mark.list) })}</p>}
      {!asks && terms.asker && <p className="quiet">{t('data.ask.theirs', { who: names.region(terms.asker) })}</p>}
    </>
  )
}
