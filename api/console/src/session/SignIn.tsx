import { Alert, Button, Form, Input } from 'antd'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { problemOf, type Problem } from '../api/problem'
import { useTexts } from '../frame/refusal'
import { useSpeech } from '../i18n/lang'
import { codeIn } from './code'
import { useSession } from './context'
import { SignCard } from './SignCard'
import { signIn, signInBy, ways, type Standing, type Ways } from './session'

/** SignIn offers the ways that this node has, the bureau's own first. */
export function SignIn() {
  const { t } = useSpeech()
  const { over, enter } = useSession()
  const texts = useTexts()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [open, setOpen] = useState<Ways | null>(null)
  const begun = useRef(false)
  const refused = new URLSearchParams(location.search).has('refused')

  const go = async (way: () => Promise<Standing>) => {
    setBusy(true)
    setProblem(null)
    try {
      enter(await way()) // whoever was on a page when the session ended is there again
    } catch (err) {
      setProblem(problemOf(err))
      setBusy(false)
    }
  }
  const byCode = (given: string) => void go(() => signIn(given.trim().replace(/^.*#/, '')))
  useEffect(() => {
    ways()
      .then(setOpen)
      .catch((err: unknown) => setProblem(problemOf(err)))
  }, [])
  useEffect(() => {
    const given = codeIn(location.hash)
    if (!given || begun.current) return
    begun.current = true // a code works once: not again when React mounts twice
    history.replaceState(null, '', location.pathname)
    byCode(given)
  })

  const mend = problem && texts.mend(problem)
  return (
    <SignCard title={t('app.name')}>
      <p className="quiet">{t('sign.welcome')}</p>
      {over && !problem && <Alert type="warning" showIcon title={t('sign.ended')} role="alert" />}
      {refused && !problem && <Alert type="error" showIcon title={t('sign.refused')} role="alert" />}
      {problem && <Alert type="error" showIcon title={texts.title(problem)} description={mend} role="alert" />}
      {open?.oidc && (
        <Button type="primary" href="/console/oidc/start" target={over ? '_blank' : undefined} block className="sign-way">
          {t('sign.oidc')}
        </Button>
      )}
      {open?.password && (
        <Way title={t('sign.byPassword')}>
          <Form layout="vertical" requiredMark={false} onFinish={({ name, password }: { name: string; password: string }) => void go(() => signInBy(name, password))}>
            <Form.Item name="name" label={t('sign.name')} rules={[{ required: true, message: t('err.missing') }]}>
              <Input autoComplete="username" autoCapitalize="none" spellCheck={false} />
            </Form.Item>
            <Form.Item name="password" label={t('sign.password')} rules={[{ required: true, message: t('err.missing') }]}>
              <Input.Password autoComplete="current-password" />
            </Form.Item>
            <Button type={open.oidc ? 'default' : 'primary'} htmlType="submit" loading={busy} block>
              {busy ? t('sign.entering') : t('sign.go')}
            </Button>
          </Form>
          <p className="quiet">{t('sign.lost')}</p>
        </Way>
      )}
      {open?.link && (
        <Way title={t('sign.byLink')}>
          <ByLink busy={busy} primary={!open.oidc && !open.password} go={byCode} />
        </Way>
      )}
      {open && !open.oidc && !open.link && !open.password && <p className="quiet">{t('sign.none')}</p>}
    </SignCard>
  )
}

function Way({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="sign-section">
      <h2>{title}</h2>
      {children}
    </section>
  )
}

function ByLink({ busy, primary, go }: { busy: boolean; primary: boolean; go: (code: string) => void }) {
  const { t } = useSpeech()
  const [code, setCode] = useState('')
  return (
    <>
      <p className="quiet">{t('sign.how')}</p>
      <Form layout="vertical" onFinish={() => go(code)}>
        <Form.Item label={t('sign.code')} htmlFor="sign-code">
          <Input id="sign-code" value={code} onChange={(e) => setCode(e.target.value)} autoComplete="off" spellCheck={false} />
        </Form.Item>
        <Button type={primary ? 'primary' : 'default'} htmlType="submit" loading={busy} disabled={!code} block>
          {busy ? t('sign.entering') : t('sign.go')}
        </Button>
      </Form>
    </>
  )
}
