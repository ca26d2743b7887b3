import { CheckCircleOutlined, ClockCircleOutlined, StopOutlined, TeamOutlined } from '@ant-design/icons'
import { Alert, Button } from 'antd'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { act, taken, type Option, type RecordFull } from '../api/client'
import { Form } from '../form/Form'
import type { Inputs } from '../form/Line'
import type { FormValues } from '../form/model'
import { useSpeech } from '../i18n/lang'
import { partyOf, stateOf, titleOf, type Document } from '../law/document'
import { useWho } from '../session/context'
import { minute } from '../util/time'
import { useNames } from './names'
import { breaksOff, mine, orderOf } from './options'

interface Props {
  record: RecordFull
  law: Document
  reload: () => void
  initial?: Record<string, FormValues> // by event: what stands in its form when it is opened
  begin?: string // event whose form is open to begin with
  inputs?: Inputs
}

/** Steps are what the record's state admits: forms for the person's own, and for the others whose they are and why. */
export function Steps({ record, law, reload, initial, inputs, begin = '' }: Props) {
  const { t } = useSpeech()
  const client = useQueryClient()
  const [open, setOpen] = useState(begin)
  const [done, setDone] = useState<{ text: string; pending: boolean } | null>(null)
  const options = [...(record.options ?? [])].sort((a, b) => orderOf(a) - orderOf(b))
  const finish = (text: string) => {
    setOpen('')
    setDone({ text, pending: false })
    void client.invalidateQueries({ queryKey: ['live'] })
  }
  // The form stays until the ledger has answered: a refusal is said in it.
  const wait = (text: string | null) => setDone(text === null ? null : { text, pending: true })
  return (
    <>
      {done && <Alert type={done.pending ? 'warning' : 'success'} showIcon role="status" title={done.text} />}
      {options.length === 0 && <p className="quiet">{t('rec.ended')}</p>}
      <ul className="steps">
        {options.map((o) => (
          <Step
            key={o.event}
            option={o}
            record={record}
            law={law}
            open={open === o.event}
            toggle={() => {
              setDone(null)
              setOpen(open === o.event ? '' : o.event)
            }}
            waiting={done?.pending ?? false}
            wait={wait}
            finish={finish}
            reload={reload}
            initial={initial}
            inputs={inputs}
          />
        ))}
      </ul>
    </>
  )
}

interface StepProps extends Omit<Props, 'begin'> {
  option: Option
  open: boolean
  toggle: () => void
  waiting: boolean // a statement is signed and the ledger has not answered yet
  wait: (text: string | null) => void
  finish: (text: string) => void
}

function Step({ option: o, record, law, open, toggle, waiting, wait, finish, reload, initial, inputs }: StepProps) {
  const { t, of } = useSpeech()
  const who = useWho()
  const roles = mine(o, who)
  const possible = roles.length > 0 && !o.blocked && !o.auto
  const event = law.events.find((e) => e.name === o.event && (e.from ?? []).includes(record.state))
  const submit = async (role: string, fields: object, key: string) => {
    const { receipt } = await act(record, o.event, role, fields, key)
    if (receipt.status === 'pending') wait(t('act.pending'))
    try {
      const { index = 0 } = await taken(receipt)
      finish(t('act.done', { n: index }))
    } catch (err) {
      wait(null)
      throw err
    }
  }
  return (
    <li id={`step-${o.event}`} className={possible ? 'step step-yours' : 'step'}>
      <div className="step-head">
        <span>
          <b>{of(o.title)}</b>
          {o.to && o.to !== record.state && <span className="quiet"> → {of(stateOf(law, o.to)) || o.to}</span>}
        </span>
        {possible && (
          <Button type={open || (event && breaksOff(law, event)) ? 'default' : 'primary'} size="small" onClick={toggle} aria-expanded={open} disabled={waiting}>
            {open ? t('app.cancel') : t('act.title', { what: of(o.title) })}
          </Button>
        )}
      </div>
      <Why option={o} law={law} roles={roles} />
      {open && event && (
        <Form
          law={law}
          about={record.id}
          event={{ ...event, basis: o.basis }}
          roles={roles}
          initial={initial?.[o.event]}
          inputs={inputs}
          present={record.fields}
          submit={submit}
          overtaken={
            <Button size="small" onClick={reload}>
              {t('act.reload')}
            </Button>
          }
        />
      )}
    </li>
  )
}

/** Why says whose a step is, and what stands against it. */
function Why({ option: o, law, roles }: { option: Option; law: Document; roles: string[] }) {
  const { t, of, named, mark, aside } = useSpeech()
  const names = useNames()
  const eyes = (o.four_eyes ?? []).map((e) => of(titleOf(law, e)) || e).join(mark.list)
  const actor = (a: NonNullable<Option['by']>[number]) =>
    `${of(partyOf(law, a.party)) || ''}${a.org ? aside(names.org(a.org)) : a.region ? aside(names.region(a.region)) : ''} ${named(`role.${a.role}`, a.role)}`.trim()
  const others = (o.by ?? []).map(actor).join(mark.list)
  return (
    <div className="why">
      {o.auto ? (
        <span>
          <ClockCircleOutlined /> {o.auto === 'receipt' ? t('rec.auto.receipt') : o.due ? t('rec.auto.due', { d: minute(o.due) }) : t('rec.auto')}
        </span>
      ) : roles.length > 0 ? (
        <span className="good">
          <CheckCircleOutlined /> {t('rec.yours')}{aside(roles.map((r) => named(`role.${r}`, r)).join(mark.list))}
        </span>
      ) : (
        <span>
          <TeamOutlined /> {t('rec.theirs', { who: others })}
        </span>
      )}
      {o.blocked && (
        <span className="bad">
          <StopOutlined /> {t('rec.blocked')}{mark.colon}{of(o.blocked)}
          {o.blocked.cite && aside(o.blocked.cite)}
        </span>
      )}
      {(o.warnings ?? []).map((w) => (
        <span key={w.code} className="near">
          {t('rec.warn')}{mark.colon}{of(w)}
          {w.cite && aside(w.cite)}
        </span>
      ))}
      {eyes && <span>{t('rec.eyes', { acts: eyes })}</span>}
      {o.joint && (o.joint.missing?.length ?? 0) > 0 && (
        <span>{t('rec.joint', { who: (o.joint.missing ?? []).map((p) => of(partyOf(law, p)) || p).join(mark.list) })}</span>
      )}
    </div>
  )
}
