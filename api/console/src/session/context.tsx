import { useQueryClient } from '@tanstack/react-query'
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { listen, type Stamp } from '../api/client'
import { problemOf, type Problem } from '../api/problem'
import { forgetForms } from '../form/kept'
import { personOf } from './other'
import { signOut, stay, whoami, type Standing } from './session'

interface Session {
  who: Standing | null
  asked: boolean // whether the node has said who is signed in
  failed: Problem | null
  over: boolean // there was a session and it has ended
  secondsLeft: number
  stamp: Stamp | null
  enter: (who: Standing) => void
  renew: (who: Standing) => void // the same person's session goes on as another
  leave: (everywhere: boolean) => Promise<void>
  prolong: () => Promise<void>
  ask: () => void
}

const Context = createContext<Session | null>(null)

/** From here on the end of the session is announced across the page, s. */
export const announce = 120

/** How often at most the node is told that the person is there, ms. */
const signEvery = 60_000

export function SessionProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [who, setWho] = useState<Standing | null>(null)
  const [asked, setAsked] = useState(false)
  const [failed, setFailed] = useState<Problem | null>(null)
  const [over, setOver] = useState(false)
  const [stamp, setStamp] = useState<Stamp | null>(null)
  const [until, setUntil] = useState(0) // performance.now() at which the session ends
  const [now, setNow] = useState(() => performance.now())
  const signed = useRef(0)
  const shown = useRef('') // whose pages are shown

  const take = useCallback((standing: Standing) => {
    const person = personOf(standing)
    if (person !== shown.current) client.clear() // what somebody else was shown
    shown.current = person
    setWho(standing)
    setOver(false)
    setUntil(performance.now() + Date.parse(standing.expires) - Date.parse(standing.now))
  }, [client])
  const end = useCallback(() => {
    setWho((before) => {
      if (before) setOver(true)
      return null
    })
    client.clear()
  }, [client])
  const ask = useCallback(() => {
    setFailed(null)
    whoami()
      .then(take)
      .catch((err: unknown) => {
        const problem = problemOf(err)
        if (problem.status === 401) setWho(null)
        else setFailed(problem)
      })
      .finally(() => setAsked(true))
  }, [take])
  const prolong = useCallback(async () => {
    signed.current = performance.now()
    try {
      take(await stay())
    } catch (err) {
      if (problemOf(err).status === 401) end()
    }
  }, [take, end])

  // One cookie serves all pages of this browser: on another of them the person may have
  // shown a sign, signed out, or somebody else come in. Before a session ends here, and
  // when the page is looked at again, the node says whose it is and for how long.
  const look = useCallback(
    (last: boolean) => {
      whoami()
        .then(take)
        .catch((err: unknown) => {
          if (last || problemOf(err).status === 401) end()
        })
    },
    [take, end],
  )

  useEffect(ask, [ask])
  useEffect(() => listen({ stamped: setStamp, ended: end }), [end])
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  useEffect(() => {
    if (!who) return
    const sign = () => {
      if (performance.now() - signed.current > signEvery) void prolong()
    }
    window.addEventListener('keydown', sign)
    window.addEventListener('pointerdown', sign)
    return () => {
      window.removeEventListener('keydown', sign)
      window.removeEventListener('pointerdown', sign)
    }
  }, [who, prolong])

  const secondsLeft = who ? Math.max(0, Math.round((until - now) / 1000)) : 0
  const near = who !== null && secondsLeft <= announce
  const out = who !== null && now >= until
  useEffect(() => {
    if (near) look(out)
  }, [near, out, look])
  useEffect(() => {
    const seen = () => {
      if (document.visibilityState === 'visible') look(false)
    }
    document.addEventListener('visibilitychange', seen)
    window.addEventListener('focus', seen)
    return () => {
      document.removeEventListener('visibilitychange', seen)
      window.removeEventListener('focus', seen)
    }
  }, [look])

  const session = useMemo<Session>(
    () => ({
      who, asked, failed, over, secondsLeft, stamp, ask, prolong, renew: take,
      enter: take,
      leave: async (everywhere) => {
        forgetForms()
        await signOut(everywhere).catch(() => undefined) // an ended session is what was wanted
        setWho(null)
        setOver(false)
        client.clear()
      },
    }),
    [who, asked, failed, over, secondsLeft, stamp, ask, prolong, client, take],
  )
  return <Context.Provider value={session}>{children}</Context.Provider>
}

export function useSession(): Session {
  const session = useContext(Context)
  if (!session) throw new Error('no SessionProvider')
  return session
}

/** useWho is who is signed in, for pages that are shown to nobody else. */
export function useWho(): Standing {
  const { who } = useSession()
  if (!who) throw new Error('nobody is signed in')
  return who
}
