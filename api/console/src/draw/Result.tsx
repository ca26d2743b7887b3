import { Link } from 'react-router'
import type { Draw } from '../api/client'
import { useLaw, useRecord } from '../api/queries'
import { useSpeech } from '../i18n/lang'
import { fieldOf, type Document } from '../law/document'
import { substitutionOf } from '../mission/model'
import { recordPage } from '../record/pages'
import type { Again } from './finding'
import { isRecord } from './model'

/** Result is who was drawn and who is next; once it is drawn again here, with the full ranking. */
export function Result({ draw, law, again }: { draw: Draw; law: Document; again: Again | null }) {
  const { t } = useSpeech()
  if (!draw.outcome) return <p className="quiet">{t(law.terminal.includes(draw.state) ? 'draw.result.void' : 'draw.result.none')}</p>
  const taken = new Map((draw.taken ?? []).map((x) => [x.id, x.record]))
  const selected = draw.outcome.selected ?? []
  const reserves = draw.outcome.reserves ?? []
  return (
    <>
      <p className="quiet">
        {t('draw.seed')} <code className="digest">{draw.outcome.seed}</code>
      </p>
      <h3>{t('draw.selected')}</h3>
      <ol className="draw-order draw-selected">
        {selected.map((id) => (
          <li key={id}>
            <Who id={id} />
          </li>
        ))}
      </ol>
      <h3>{t('draw.reserves')}</h3>
      <ol className="draw-order">
        {reserves.map((id) => (
          <li key={id}>
            <Who id={id} /> {taken.has(id) && <Taken id={id} record={taken.get(id) ?? ''} />}
          </li>
        ))}
      </ol>
      {again?.strata.map((s) => (
        <details key={s.stratum}>
          <summary>{t('draw.ranking', { stratum: s.stratum, n: s.order.length, k: s.selected })}</summary>
          <ol className="draw-order draw-full" tabIndex={0} aria-label={s.stratum}>
            {s.order.slice(0, ranksShown).map((id, i) => (
              <li key={id}>
                <Who id={id} /> {i < s.selected && <b className="good">{t('draw.selected')}</b>}
              </li>
            ))}
          </ol>
          {s.order.length > ranksShown && <p className="quiet">… {s.order.length}</p>}
        </details>
      ))}
    </>
  )
}

/** More ranks than these nobody reads; the digest covers them all. */
const ranksShown = 500

function Who({ id }: { id: string }) {
  return isRecord(id) ? (
    <Link to={recordPage(id)} className="id">
      {id}
    </Link>
  ) : (
    <span className="id">{id}</span>
  )
}

/** Taken says for whom a reserve stepped in and why, or that it was passed over, as far as our region may see it. */
function Taken({ id, record }: { id: string; record: string }) {
  const { t, of } = useSpeech()
  const assignment = useRecord(record)
  const law = useLaw(assignment.data?.procedure ?? '', assignment.data?.version ?? 0)
  const found = assignment.data && substitutionOf(assignment.data, id)
  const reason = law.data && found?.reason ? of(fieldOf(law.data, 'reason_code')?.values?.find((v) => v.name === found.reason)) : ''
  return (
    <span className="draw-taken">
      <b>{t(!found ? 'draw.reserve.offered' : found.passed ? 'draw.reserve.passed' : 'draw.reserve.took')}</b>{' '}
      {found?.instead && t('draw.reserve.for', { who: found.instead })} {reason && `· ${reason}`} {found?.evidence && <span className="quiet">{found.evidence}</span>}{' '}
      <Link to={`/mission/${record}`} className="id">
        {record}
      </Link>
    </span>
  )
}
