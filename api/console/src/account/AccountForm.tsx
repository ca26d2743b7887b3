import { Alert, Button, Checkbox, Form, Input } from 'antd'
import { useState } from 'react'
import { Dialog } from '../frame/Dialog'
import { useSpeech } from '../i18n/lang'
import { possible, type Accounts, type Handed, type NewAccount } from './model'
import { make } from './queries'
import { useWhy } from './why'

/** AccountForm makes an account; the initial password is the node's, nobody chooses one for another. */
export function AccountForm({ answer, made, close }: { answer: Accounts; made: (out: Handed) => void; close: () => void }) {
  const { t, of } = useSpeech()
  const why = useWhy()
  const [roles, setRoles] = useState<string[]>([])
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState('')
  const must = [{ required: true, message: t('err.missing') }]
  const go = async (given: Omit<NewAccount, 'roles'>) => {
    setBusy(true)
    setWrong('')
    try {
      made(await make({ ...given, name: given.name.trim().toLowerCase(), person: given.person.trim(), display: given.display.trim(), roles }))
    } catch (err) {
      setWrong(why(err))
      setBusy(false)
    }
  }
  return (
    <Dialog title={t('acc.make')} close={close}>
      <Form layout="vertical" requiredMark={false} onFinish={(given: Omit<NewAccount, 'roles'>) => void go(given)} initialValues={{ org: answer.orgs[0]?.code }}>
        {wrong && <Alert type="error" showIcon role="alert" title={wrong} />}
        <Form.Item name="name" label={t('acc.name')} extra={t('acc.name.hint')} rules={must}>
          <Input autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={32} />
        </Form.Item>
        <Form.Item name="display" label={t('acc.display')} rules={must}>
          <Input autoComplete="off" maxLength={40} />
        </Form.Item>
        <Form.Item name="person" label={t('acc.person')} extra={t('acc.person.hint')} rules={must}>
          <Input autoComplete="off" spellCheck={false} maxLength={64} />
        </Form.Item>
        <Form.Item name="org" label={t('acc.org')}>
          <select className="select">
            {answer.orgs.map((o) => (
              <option key={o.code} value={o.code}>
                {of(o.name)} {o.code}
              </option>
            ))}
          </select>
        </Form.Item>
        <RoleBoxes all={answer.roles} ticked={roles} set={setRoles} />
        <div className="acc-buttons">
          <Button onClick={close}>{t('app.cancel')}</Button>
          <Button type="primary" htmlType="submit" loading={busy} disabled={roles.length === 0}>
            {t('acc.make')}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}

/** Roles changes the offices of an account. */
export function Roles({ all, begin, busy, save }: { all: string[]; begin: string[]; busy: boolean; save: (roles: string[]) => void }) {
  const { t } = useSpeech()
  const [roles, setRoles] = useState(begin)
  return (
    <>
      <RoleBoxes all={all.filter((role) => possible(role, begin))} ticked={roles} set={setRoles} />
      <div className="acc-buttons">
        <Button type="primary" loading={busy} disabled={roles.length === 0} onClick={() => save(roles)}>
          {t('acc.save')}
        </Button>
      </div>
    </>
  )
}

function RoleBoxes({ all, ticked, set }: { all: string[]; ticked: string[]; set: (roles: string[]) => void }) {
  const { t, named } = useSpeech()
  return (
    <fieldset className="acc-roles">
      <legend>{t('acc.roles')}</legend>
      {all.map((role) => (
        <Checkbox
          key={role}
          checked={ticked.includes(role)}
          disabled={!possible(role, ticked)}
          onChange={(e) => set(e.target.checked ? [...ticked, role] : ticked.filter((r) => r !== role))}
        >
          {named(`role.${role}`, role)}
        </Checkbox>
      ))}
      <p className="quiet">{t('acc.roles.alone')}</p>
    </fieldset>
  )
}
