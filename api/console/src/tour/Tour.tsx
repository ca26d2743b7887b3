import { Button } from 'antd'
import { useEffect, useId, useRef, useState } from 'react'
import { useLocation, useNavigate } from 'react-router'
import { useSpeech } from '../i18n/lang'
import { useWho } from '../session/context'
import { markOf, nowSeen, wasSeen } from './seen'
import { tourOf } from './tours'
import './tour.css'

const again = 'sandi-tour'

/** tourAgain begins the tour of whoever is signed in once more. */
export const tourAgain = () => window.dispatchEvent(new Event(again))

/** What is shown: nothing, the welcome, or the stop with this number, from 1. */
type At = number | 'welcome' | 'over'

/**
 * Tour shows somebody who is here for the first time what is where. It stands below the
 * page and sticks to the lower edge of the window, so it takes its own room and lies over
 * nothing for good; it takes the focus only when somebody has pressed one of its buttons.
 */
export function Tour() {
  const { t, named, mark } = useSpeech()
  const who = useWho()
  const go = useNavigate()
  const place = useLocation()
  const id = useId()
  const person = markOf(who.region.code, who.person, who.roles)
  const stops = tourOf(who.roles)
  const [at, setAt] = useState<At>(() => (wasSeen(person) ? 'over' : 'welcome'))
  const text = useRef<HTMLDivElement>(null)
  const stop = typeof at === 'number' ? stops[at - 1] : undefined
  useMark(stop?.at, place.pathname)
  useEffect(() => {
    const begin = () => setAt('welcome')
    window.addEventListener(again, begin)
    return () => window.removeEventListener(again, begin)
  }, [])
  if (at === 'over' || stops.length === 0) return null

  const show = (n: number) => {
    setAt(n)
    const next = stops[n - 1]
    if (next.to !== place.pathname) void go(next.to)
    text.current?.focus()
  }
  const end = () => {
    nowSeen(person)
    setAt('over')
    document.getElementById('content')?.focus({ preventScroll: true })
  }
  const n = typeof at === 'number' ? at : 0
  const role = who.roles.map((r) => named(`role.${r}`, r)).join(mark.list)
  return (
    <aside className="tour" aria-labelledby={id} onKeyDown={(e) => e.key === 'Escape' && end()}>
      <div tabIndex={-1} ref={text} className="tour-text">
        <h2 id={id}>{n === 0 ? t('tour.title') : t('tour.at', { n, m: stops.length })}</h2>
        <p>{stop ? t(stop.text) : t('tour.welcome', { name: who.name, role, m: stops.length })}</p>
      </div>
      <div className="tour-buttons">
        {n > 1 && <Button onClick={() => show(n - 1)}>{t('tour.back')}</Button>}
        {n < stops.length ? (
          <Button type="primary" className="tour-next" onClick={() => show(n + 1)}>
            {t(n === 0 ? 'tour.begin' : 'tour.next')}
          </Button>
        ) : (
          <Button type="primary" className="tour-next" onClick={end}>
            {t('tour.end')}
          </Button>
        )}
        {n < stops.length && (
          <Button type="text" className="tour-skip" onClick={end}>
            {t('tour.skip')}
          </Button>
        )}
      </div>
    </aside>
  )
}

/** useMark marks what a stop speaks of, as soon as the page shows it. */
function useMark(selector: string | undefined, path: string) {
  useEffect(() => {
    if (!selector) return
    let marked: Element | null = null
    const show = () => {
      const found = document.querySelector(selector)
      if (!found || found === marked) return
      marked?.removeAttribute('data-tour')
      marked = found
      found.setAttribute('data-tour', 'here')
      found.scrollIntoView({ block: 'center' })
    }
    show()
    const watch = new MutationObserver(show)
    watch.observe(document.body, { childList: true, subtree: true })
    return () => {
      watch.disconnect()
      marked?.removeAttribute('data-tour')
    }
  }, [selector, path])
}
