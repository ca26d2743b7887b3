import { Link } from 'react-router'
import { useSpeech } from '../i18n/lang'
import { useNames } from '../record/names'
import { timeOf, type Look } from './look'

/** Looks are entries of access logs, as people read them. anchored is how many stand under a head on the ledger. */
export function Looks({ items, anchored }: { items: { index: number; look: Look | null }[]; anchored: number }) {
  const { t, named } = useSpeech()
  const names = useNames()
  if (items.length === 0) return <div className="empty">{t('looked.none')}</div>
  return (
    <table className="records" aria-label={t('looked.title')}>
      <thead>
        <tr>
          {(['time', 'action', 'who', 'record', 'what'] as const).map((c) => (
            <th scope="col" key={c}>
              {t(`looked.col.${c}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map(({ index, look: l }) => (
          <tr key={index}>
            <td data-label={t('looked.col.time')}>
              <span className="num">{l ? timeOf(l.time) : ''}</span>
              <span className="sub">
                #{index} {index < anchored ? '' : t('looked.open')}
              </span>
            </td>
            <td data-label={t('looked.col.action')}>
              <b className={l?.action === 'denied' || l?.action === 'failed' ? 'bad' : ''}>{l ? named(`looked.action.${l.action}`, l.action) : t('entry.unreadable')}</b>
              {l && l.count > 1 && <span className="sub">×{l.count}</span>}
            </td>
            <td data-label={t('looked.col.who')}>
              {l && (l.org ? names.org(l.org) : names.region(l.region))} {l?.role && named(`role.${l.role}`, l.role)}
              {l?.person && (
                <span className="sub">
                  <code className="digest">{l.person}</code>
                </span>
              )}
            </td>
            <td data-label={t('looked.col.record')}>
              {l?.record && (
                <Link to={`/record/${l.record}`} className="id">
                  {l.record}
                </Link>
              )}
              {l?.because && <span className="sub">{t('looked.because', { id: l.because })}</span>}
            </td>
            <td data-label={t('looked.col.what')}>
              {l?.what.slice(0, 3).map((w) => (
                <code key={w} className="digest what-line">
                  {w}
                </code>
              ))}
              {l && l.what.length > 3 && <span className="sub">{t('looked.more', { n: l.what.length - 3 })}</span>}
              {(l?.reason || l?.purpose || l?.to) && <span className="sub">{[l.to, l.purpose, l.reason].filter(Boolean).join(' · ')}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
