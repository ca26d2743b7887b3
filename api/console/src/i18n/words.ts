export type Lang = 'zh' | 'en'

/** Words are texts by key, each in both languages: one that is missing does not compile. */
export type Words = Record<string, Record<Lang, string>>

/**
 * fill puts values into a text's {places}. A word that goes by a number stands as
 * {n:file|files}: the first for one, the second for any other.
 */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)(?::([^{|}]*)\|([^{|}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    if (!(name in values)) return whole
    if (one === undefined || many === undefined) return String(values[name])
    return Number(values[name]) === 1 ? one : many
  })
}

/** Marks stand between words that a page puts together. */
export interface Marks {
  list: string
  colon: string
  semicolon: string
}

export const marks: Record<Lang, Marks> = {
  zh: { list: '、', colon: '：', semicolon: '；' },
  en: { list: ', ', colon: ': ', semicolon: '; ' },
}

/** aside is words in brackets, behind others. */
export const aside = (lang: Lang, words: string) => (lang === 'zh' ? `（${words}）` : ` (${words})`)
