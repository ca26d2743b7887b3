export type Lang = 'zh' | 'en'

/** Words are texts by key, each in both languages: one that is missing does not compile. */
export type Words = Record<string, Record<Lang, string>>
