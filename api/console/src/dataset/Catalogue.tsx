import { useState } from 'react'
import { Link } from 'react-router'
import { useLaw } from '../api/queries'
import { Panel } from '../frame/Panel'
import { useSpeech } from '../i18n/lang'
import { RecordTable } from '../record/Table'
import { useWho } from '../session/context'
import { agreementPage, agreements, catalogue, setPage } from './model'
import './dataset.css'

const boxes = { all: undefined, own: 'out', others: 'in' } as const
type Box = keyof typeof boxes

/** Catalogue is what data the bureaus share, and what they have agreed about it. */
export default function Catalogue() {
  const { t } = useSpeech()
  return (
    <div className="page">
      <h1 className="greeting">{t('data.title')}</h1>
      <p className="quiet">{t('data.help')}</p>
      <Listed title={t('data.sets')} procedure={catalogue} show={['title', 'rhythm', 'data_class']} to={setPage} empty={t('data.sets.none')} begin />
      <Listed title={t('data.agreements')} procedure={agreements} show={['data_set', 'purposes', 'expires_on']} to={agreementPage} empty={t('data.agreements.none')} />
    </div>
  )
}

interface Props {
  title: string
  procedure: string
  show: string[]
  to: (id: string) => string
  empty: string
  begin?: boolean // records of this procedure are begun here
}

function Listed({ title, procedure, show, to, empty, begin = false }: Props) {
  const { t, of } = useSpeech()
  const who = useWho()
  const law = useLaw(procedure)
  const [box, setBox] = useState<Box>('all')
  const opens = begin && (law.data?.open.by ?? []).some((a) => who.roles.includes(a.role))
  return (
    <Panel title={title} extra={opens && <Link to={`/open/${procedure}`}>{of(law.data?.open.title)}</Link>}>
      <div className="tabs" role="group" aria-label={t('list.filter')}>
        {(Object.keys(boxes) as Box[]).map((b) => (
          <button key={b} type="button" aria-pressed={b === box} onClick={() => setBox(b)}>
            {t(`data.box.${b}`)}
          </button>
        ))}
      </div>
      <RecordTable query={{ procedure, box: boxes[box], sort: '-updated' }} label={title} empty={empty} show={show} to={to} />
    </Panel>
  )
}
