import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import { known, say, type Key } from './dict'
import { aside, marks, type Lang, type Marks } from './words'

export interface Label {
  zh: string
  en: string
}

interface Speech {
  lang: Lang
  setLang: (lang: Lang) => void
  t: (key: Key, params?: Record<string, string | number>) => string
  /** the text of a computed key, or the fallback when there is none */
  named: (key: string, fallback: string) => string
  /** a label of the law in this language */
  of: (label: Label | undefined) => string
  /** what stands between words that the page puts together */
  mark: Marks
  /** words in brackets, behind others */
  aside: (words: string) => string
}

const Context = createContext<Speech | null>(null)
const storageKey = 'sandi-lang'

export const htmlLang = (lang: Lang) => (lang === 'zh' ? 'zh-CN' : 'en')

function remembered(): Lang {
  try {
    return localStorage.getItem(storageKey) === 'en' ? 'en' : 'zh'
  } catch {
    return 'zh' // storage may be forbidden; Chinese comes first
  }
}

let current: Lang = remembered()

/** spoken is the language for code outside React: the Accept-Language of requests. */
export const spoken = () => current

export function SpeechProvider({ children }: { children: ReactNode }) {
  const [lang, set] = useState<Lang>(current)
  const setLang = useCallback((next: Lang) => {
    current = next
    try {
      localStorage.setItem(storageKey, next)
    } catch {
      // the choice then lasts as long as the page
    }
    set(next)
  }, [])
  useEffect(() => {
    document.documentElement.lang = htmlLang(lang)
  }, [lang])
  const speech = useMemo<Speech>(
    () => ({
      lang,
      setLang,
      t: (key, params) => say(lang, key, params),
      named: (key, fallback) => (known(key) ? say(lang, key) : fallback),
      of: (label) => (label ? label[lang] || label.zh : ''),
      mark: marks[lang],
      aside: (words) => aside(lang, words),
    }),
    [lang, setLang],
  )
  return <Context.Provider value={speech}>{children}</Context.Provider>
}

export function useSpeech(): Speech {
  const speech = useContext(Context)
  if (!speech) throw new Error('no SpeechProvider')
  return speech
}
