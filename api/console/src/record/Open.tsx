import { Alert } from 'antd'
import { useState } from 'react'
import { Link, useNavigate, useParams, useSearchParams } from 'react-router'
import { open, taken } from '../api/client'
import { useLaw } from '../api/queries'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { Form } from '../form/Form'
import type { Inputs } from '../form/Line'
import { formOf, fromAddress, type FormValues } from '../form/model'
import { useSpeech } from '../i18n/lang'
import type { Document } from '../law/document'
import { useWho } from '../session/context'
import { recordPage } from './pages'

/** Open starts a record. */
export default function Open() {
  const { procedure = '' } = useParams()
  const { t, of } = useSpeech()
  const [address] = useSearchParams()
  const law = useLaw(procedure)
  if (law.error) return <Failed err={law.error} retry={() => void law.refetch()} />
  if (!law.data) return <Waiting lines={8} />
  return (
    <div className="page narrow">
      <p className="crumbs">
        <Link to="/">{t('nav.desk')}</Link> / {of(law.data.title)}
      </p>
      <Panel title={of(law.data.open.title)}>
        <Opening law={law.data} initial={fromAddress(formOf(law.data, law.data.open), address)} />
      </Panel>
    </div>
  )
}

interface Props {
  law: Document
  initial: FormValues
  inputs?: Inputs
  to?: (id: string) => string // the page of the new record
}

/** Opening is the form that starts a record, for those who may. */
export function Opening({ law, initial, inputs, to = recordPage }: Props) {
  const { t, named, mark } = useSpeech()
  const who = useWho()
  const [pending, setPending] = useState(false)
  const navigate = useNavigate()
  const offices = (law.open.by ?? []).map((a) => a.role)
  const roles = who.roles.filter((role) => offices.includes(role))
  const submit = async (role: string, fields: object, key: string) => {
    const { receipt } = await open(law.name, role, fields, key)
    setPending(receipt.status === 'pending')
    try {
      const { record = '' } = await taken(receipt)
      void navigate(to(record))
    } finally {
      setPending(false)
    }
  }
  if (roles.length === 0) return <p className="quiet">{t('act.notyours', { who: offices.map((role) => named(`role.${role}`, role)).join(mark.list) })}</p>
  return (
    <>
      {pending && <Alert type="warning" showIcon role="status" title={t('act.pending')} />}
      <Form law={law} event={law.open} roles={roles} initial={initial} inputs={inputs} submit={submit} />
    </>
  )
}
