import { Alert, Button, Dropdown } from 'antd'
import { QuestionCircleOutlined, UserOutlined } from '@ant-design/icons'
import { Suspense, useEffect } from 'react'
import { Link, NavLink, Outlet, useLocation, useNavigate } from 'react-router'
import { useStatus } from '../api/queries'
import { useSpeech } from '../i18n/lang'
import { screens } from '../screens'
import { announce, useSession, useWho } from '../session/context'
import { readsRecords } from '../session/roles'
import { Tour } from '../tour/Tour'
import { Fresh } from './Fresh'
import { LanguageSwitch } from './LanguageSwitch'
import { useLive } from './live'
import { LastSignIn } from '../session/LastSignIn'
import { Search } from './Search'
import { recordOf, roomOf } from './title'
import { Waiting } from './Waiting'
import { Watermark } from './Watermark'

export function Frame() {
  const { t, of, named, mark } = useSpeech()
  const who = useWho()
  const { secondsLeft, leave, prolong } = useSession()
  const status = useStatus()
  const live = useLive(readsRecords(who.roles) ? status.data?.size : undefined) // nobody else is given events
  const place = useLocation()
  const go = useNavigate()
  const roles = who.roles.map((role) => named(`role.${role}`, role)).join(mark.list)
  const room = roomOf(place.pathname)
  const title = [recordOf(place.pathname), t(room ?? 'app.notfound'), t('app.name')].filter(Boolean).join(' · ')
  useEffect(() => {
    document.title = title
  }, [title])
  return (
    <div className="frame">
      <a className="skip" href="#content">
        {t('app.skip')}
      </a>
      <header className="top">
        <div className="brand">
          <img src="/console/favicon.svg" alt="" width={28} height={28} />
          <span className="brand-name">{t('app.name')}</span>
          {who.practice ? (
            <Link className="practice" to="/practice" title={t('app.synthetic')}>
              {t('app.practice')}
            </Link>
          ) : (
            who.synthetic && (
              <span className="practice" title={t('app.synthetic')}>
                {t('app.practice')}
              </span>
            )
          )}
        </div>
        {readsRecords(who.roles) && <Search />}
        <div className="who">
          <span className="bureau">
            <b>{of(who.org.name)}</b>
            <span>
              {who.name} · {roles}
            </span>
          </span>
          <Dropdown
            trigger={['click']}
            menu={{
              items: [
                ...(who.account ? [{ key: 'password', label: t('sign.change') }] : []),
                { key: 'here', label: t('sign.out') },
                { key: 'all', label: t('sign.everywhere') },
              ],
              onClick: ({ key }) => {
                if (key === 'password') void go('/password')
                else void leave(key === 'all')
              },
            }}
          >
            <Button type="text" icon={<UserOutlined />} aria-label={t('sign.account')} className="account" />
          </Dropdown>
          <Link className="help" to="/help" aria-label={t('help.title')} title={t('help.title')}>
            <QuestionCircleOutlined />
          </Link>
          <LanguageSwitch />
        </div>
      </header>
      <div className="second">
        <nav aria-label={t('app.menu')}>
          {readsRecords(who.roles) && (
            <NavLink to="/" end>
              {t('nav.desk')}
            </NavLink>
          )}
          {screens.map(({ path, nav, for: shown }) =>
            nav && (!shown || shown(who.roles)) ? (
              <NavLink key={path} to={`/${path}`}>
                {t(nav)}
              </NavLink>
            ) : null,
          )}
        </nav>
        <div className="chips">
          <Fresh status={status.data} live={live} />
          <span className="quiet left">{t('sign.left', { n: Math.ceil(secondsLeft / 60) })}</span>
        </div>
      </div>
      {secondsLeft > 0 && secondsLeft <= announce && (
        <Alert
          type="warning"
          banner
          role="alert"
          title={t('sign.soon', { n: secondsLeft })}
          action={
            <Button size="small" type="primary" onClick={() => void prolong()}>
              {t('sign.stay')}
            </Button>
          }
        />
      )}
      <main id="content" tabIndex={-1}>
        <LastSignIn />
        <Suspense key={place.pathname} fallback={<Waiting lines={6} />}>
          <Outlet />
        </Suspense>
      </main>
      <Tour key={who.person + who.roles.join()} />
      <Watermark lines={[of(who.org.name), `${who.name} ${status.data?.now.slice(0, 10) ?? ''}`, who.practice ? t('app.practice') : '']} />
    </div>
  )
}
