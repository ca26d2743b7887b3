import { Alert, Button, Form, Input } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { problemOf, type Problem } from '../api/problem'
import { LanguageSwitch } from '../frame/LanguageSwitch'
import { useTexts } from '../frame/refusal'
import { useSpeech } from '../i18n/lang'
import { useSession } from './context'
import { signIn, ways, type Ways } from './session'

/** codeIn takes the code out of a link's fragment, which never reaches a server log. */
const codeIn = (hash: string) => decodeURIComponent(hash.replace(/^#/, ''))

export function SignIn() {
  const { t } = useSpeech()
  const { over, enter } = useSession()
  const texts = useTexts()
  const [code, setCode] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [open, setOpen] = useState<Ways | null>(null)
  const begun = useRef(false)
  const refused = new URLSearchParams(location.search).has('refused')

  const go = async (given: string) => {
    setBusy(true)
    setProblem(null)
    try {
      const standing = await signIn(given.trim().replace(/^.*#/, ''))
      history.replaceState(null, '', '/console')
      enter(standing)
    } catch (err) {
      setProblem(problemOf(err))
      setBusy(false)
    }
  }
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
    void go(given)
  })

  return (
    <main className="sign" id="content">
      <div className="sign-card">
        <div className="sign-head">
          <img src="/console/favicon.svg" alt="" width={40} height={40} />
          <h1>{t('app.name')}</h1>
          <LanguageSwitch />
        </div>
        {over && !problem && <Alert type="warning" showIcon title={t('sign.ended')} role="alert" />}
        {refused && !problem && <Alert type="error" showIcon title={t('sign.refused')} role="alert" />}
        {problem && <Alert type="error" showIcon title={texts.title(problem)} role="alert" />}
        {open?.oidc && (
          <Button type="primary" href="/console/oidc/start" block className="sign-way">
            {t('sign.oidc')}
          </Button>
        )}
        {open?.link && (
          <>
            <p className="quiet">{t('sign.how')}</p>
            <Form layout="vertical" onFinish={() => void go(code)}>
              <Form.Item label={t('sign.code')} htmlFor="sign-code">
                <Input id="sign-code" value={code} onChange={(e) => setCode(e.target.value)} autoComplete="off" spellCheck={false} />
              </Form.Item>
              <Button type={open.oidc ? 'default' : 'primary'} htmlType="submit" loading={busy} disabled={!code} block>
                {busy ? t('sign.entering') : t('sign.go')}
              </Button>
            </Form>
          </>
        )}
        {open && !open.oidc && !open.link && <p className="quiet">{t('sign.none')}</p>}
      </div>
    </main>
  )
}
