import { Link, useNavigate, useParams, useSearchParams } from 'react-router'
import { open, settled } from '../api/client'
import { useLaw } from '../api/queries'
import { Problem } from '../api/problem'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { Form } from '../form/Form'
import { formOf, fromAddress } from '../form/model'
import { useSpeech } from '../i18n/lang'
import { useWho } from '../session/context'

/** Open starts a record. */
export default function Open() {
  const { procedure = '' } = useParams()
  const { t, of } = useSpeech()
  const who = useWho()
  const navigate = useNavigate()
  const [address] = useSearchParams()
  const law = useLaw(procedure)
  if (law.error) return <Failed err={law.error} retry={() => void law.refetch()} />
  if (!law.data) return <Waiting lines={8} />
  const offices = (law.data.open.by ?? []).map((a) => a.role)
  const roles = who.roles.filter((role) => offices.includes(role))
  const submit = async (role: string, fields: object, key: string) => {
    const { receipt, record } = await open(procedure, role, fields, key)
    if (receipt.status !== 'pending') return void navigate(`/record/${record}`)
    const answer = await settled(receipt.id)
    if (answer.status !== 'committed') throw new Problem(409, { code: answer.refusal?.code, title: of(answer.refusal), cite: answer.refusal?.cite })
    void navigate(`/record/${answer.record}`)
  }
  return (
    <div className="page narrow">
      <p className="crumbs">
        <Link to="/">{t('nav.desk')}</Link> / {of(law.data.title)}
      </p>
      <Panel title={of(law.data.open.title)}>
        {roles.length === 0 ? <p className="quiet">{t('act.notyours')}</p> : <Form law={law.data} event={law.data.open} roles={roles} initial={fromAddress(formOf(law.data, law.data.open), address)} submit={submit} />}
      </Panel>
    </div>
  )
}
