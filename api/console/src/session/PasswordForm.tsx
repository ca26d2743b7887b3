import { Alert, Button, Form, Input } from 'antd'
import { useState } from 'react'
import { problemOf, type Problem } from '../api/problem'
import { useTexts } from '../frame/refusal'
import { known } from '../i18n/dict'
import { useSpeech } from '../i18n/lang'
import { useSession, useWho } from './context'
import { choosePassword } from './session'

interface Given {
  old: string
  fresh: string
  again: string
}

/** PasswordForm takes another password; the session goes on as a fresh one. */
export function PasswordForm({ saved }: { saved?: () => void }) {
  const { t } = useSpeech()
  const { renew } = useSession()
  const texts = useTexts()
  const who = useWho()
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<string | null>(null)
  const [form] = Form.useForm<Given>()

  const text = (p: Problem) => {
    const reason = p.code === 'password_refused' ? (p.params.reason === 'old' ? 'pass.old_wrong' : `pass.${p.params.reason}`) : ''
    return known(reason) ? t(reason) : texts.title(p)
  }
  const go = async ({ old, fresh, again }: Given) => {
    if (fresh !== again) {
      setWrong(t('pass.differ'))
      return
    }
    setBusy(true)
    setWrong(null)
    try {
      renew(await choosePassword(old, fresh))
      form.resetFields()
      saved?.()
    } catch (err) {
      setWrong(text(problemOf(err)))
    }
    setBusy(false)
  }
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={(given) => void go(given)}>
      <p className="quiet">{t('pass.rule')}</p>
      {wrong && <Alert type="error" showIcon role="alert" title={wrong} />}
      <input type="text" autoComplete="username" value={who.account ?? ''} readOnly hidden />
      <Form.Item name="old" label={t('pass.old')} rules={[{ required: true, message: t('err.missing') }]}>
        <Input.Password autoComplete="current-password" />
      </Form.Item>
      <Form.Item name="fresh" label={t('pass.new')} rules={[{ required: true, message: t('err.missing') }]}>
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Form.Item name="again" label={t('pass.again')} rules={[{ required: true, message: t('err.missing') }]}>
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={busy}>
        {t('pass.save')}
      </Button>
    </Form>
  )
}
