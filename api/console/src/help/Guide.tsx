import { Link } from 'react-router'
import { useSpeech } from '../i18n/lang'
import { useWho } from '../session/context'
import { guideOf } from './guide'

/** Guide is what somebody has to know to begin, by the offices held. */
export function Guide() {
  const { t } = useSpeech()
  const who = useWho()
  return (
    <>
      <ol className="values">
        {guideOf(who.roles).map((p) => (
          <li key={p.text}>
            {t(p.text)} {p.to && p.to !== '/' && <Link to={p.to}>{t('help.go')}</Link>}
          </li>
        ))}
      </ol>
      {who.practice && (
        <p>
          <Link to="/practice">{t('help.practice')}</Link>
        </p>
      )}
    </>
  )
}

/** FirstSteps is the guide on the desk, folded: nothing is remembered of anybody, so it never gets in the way. */
export function FirstSteps() {
  const { t, named, mark } = useSpeech()
  const who = useWho()
  return (
    <details className="more">
      <summary>{t('help.begin.as', { role: who.roles.map((role) => named(`role.${role}`, role)).join(mark.list) })}</summary>
      <Guide />
      <Link to="/help">{t('help.more')}</Link>
    </details>
  )
}
