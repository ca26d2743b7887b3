import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { ConfigProvider } from 'antd'
import zhCN from 'antd/locale/zh_CN'
import enUS from 'antd/locale/en_US'
import { lazy, StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { BrowserRouter, Navigate, Route, Routes } from 'react-router'
import { Problem } from './api/problem'
import { Desk } from './desk/Desk'
import { Frame } from './frame/Frame'
import { Missing } from './frame/Missing'
import { Failed } from './frame/refusal'
import { Waiting } from './frame/Waiting'
import { SpeechProvider, useSpeech } from './i18n/lang'
import { screens } from './screens'
import { SessionProvider, useSession } from './session/context'
import { beginsWith, readsRecords } from './session/roles'
import { personOf } from './session/other'
import { SignIn } from './session/SignIn'
import './style.css'

// Few people ever see them, so they are no part of the first route.
const FirstPassword = lazy(() => import('./session/FirstPassword'))
const Enter = lazy(() => import('./session/Enter'))

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // A refusal stays one; what did not arrive is asked for again.
      retry: (n, err) => n < 2 && !(err instanceof Problem && err.status > 0 && err.status < 500),
      refetchOnWindowFocus: true,
    },
  },
})

const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce

const theme = {
  token: { colorPrimary: '#0b5a9c', colorLink: '#0b5a9c', colorLinkHover: '#083f6d', colorLinkActive: '#083f6d', motion: false, colorSuccess: '#1d7a3a', colorWarning: '#b25a00', colorError: '#b3261e', colorTextPlaceholder: '#6b7280', colorTextDescription: '#57606a', colorSuccessBg: '#eef8f0', colorSuccessBorder: '#a5d3ae', colorErrorBg: '#fdf1f0', colorErrorBorder: '#e6a7a2', colorWarningBg: '#fff6e6', colorWarningBorder: '#ecc07f',
    borderRadius: 4, fontSize: 14,
    fontFamily: '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", system-ui, sans-serif' },
}

function Pages() {
  const { lang } = useSpeech()
  return (
    <ConfigProvider csp={{ nonce }} locale={lang === 'zh' ? zhCN : enUS} theme={theme} button={{ autoInsertSpace: false }} wave={{ disabled: true }}>
      <Gate />
    </ConfigProvider>
  )
}

/** Gate shows pages to whoever is signed in, and the way in to everybody else. */
function Gate() {
  const { who, asked, failed, ask } = useSession()
  if (failed) return <main className="sign" id="content"><div className="sign-card"><Failed err={failed} retry={ask} /></div></main>
  if (!asked) return <Waiting />
  if (!who) return <SignIn />
  if (who.change) {
    return (
      <Suspense fallback={<Waiting />}>
        <FirstPassword />
      </Suspense>
    )
  }
  const home = readsRecords(who.roles) ? <Desk /> : <Navigate to={beginsWith(who.roles)} replace />
  return (
    <Routes key={personOf(who)}>
      <Route path="enter" element={<Suspense fallback={<Waiting />}><Enter /></Suspense>} />
      <Route element={<Frame />}>
        <Route index element={home} />
        {screens.map(({ path, page: Page }) => (
          <Route key={path} path={path} element={<Page />} />
        ))}
        <Route path="*" element={<Missing />} />
      </Route>
    </Routes>
  )
}

const root = document.getElementById('root')
if (!root) throw new Error('the page has no root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <SpeechProvider>
        <SessionProvider>
          <BrowserRouter basename="/console">
            <Pages />
          </BrowserRouter>
        </SessionProvider>
      </SpeechProvider>
    </QueryClientProvider>
  </StrictMode>,
)
