import { Link } from 'react-router'
import { useLaws, useProcedures } from '../api/queries'
import type { components } from '../api/schema'
import { useSpeech } from '../i18n/lang'
import { titleOf, type Document } from '../law/document'
import { useNames } from '../record/names'
import { minute } from '../util/time'
import { sentenceOf } from './sentence'

export type EntryData = components['schemas']['EventData']

/** useLawsOf are the procedures in force of the records that entries are about, by the record's prefix. */
export function useLawsOf(entries: EntryData[]): (e: EntryData) => Document | undefined {
  const procedures = useProcedures()
  const name = (e: EntryData) => procedures.data?.items.find((p) => e.record?.startsWith(p.prefix + '-'))?.name
  const laws = useLaws([...new Set(entries.map(name).filter((n) => n !== undefined))].sort())
  return (e) => laws[name(e) ?? '']
}

/** Sentence says an entry in plain words, with a way to all of it. */
export function Sentence({ e }: { e: EntryData }) {
  const { t, of, named } = useSpeech()
  const names = useNames()
  const law = useLawsOf([e])(e)
  const place = e.org ? names.org(e.org) : names.region(e.region)
  const who = e.role ? `${place} ${named(`role.${e.role}`, e.role)}` : place
  const what = e.event ? (law && of(titleOf(law, e.event))) || e.event : law ? of(law.title) : ''
  return (
    <li>
      <Link className="n" to={`/audit/entry/${e.index}`} aria-label={t('audit.entry.open', { n: e.index })}>
        #{e.index}
      </Link>
      <span className="num quiet">{minute(e.at)}</span>
      <span className="what">
        {t(sentenceOf(e), { who, what, kind: e.kind })}{' '}
        {e.record && (
          <Link to={`/record/${e.record}`} className="id">
            {e.record}
          </Link>
        )}
      </span>
      <details>
        <summary>{t('audit.details')}</summary>
        {t('audit.leaf')} <code className="digest">{e.leaf_hash}</code>
        <br />
        {t('entry.hash')} <code className="digest">{e.hash}</code>
        <br />
        {t('audit.statement')} <code className="digest">{e.statement}</code>
      </details>
    </li>
  )
}
