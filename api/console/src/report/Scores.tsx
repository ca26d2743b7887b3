import { useState } from 'react'
import { Link } from 'react-router'
import { useLaw, useRecord, useRecords } from '../api/queries'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import type { Document } from '../law/document'
import { placed, scale, scoresOf, type Score } from './scores'

/** Scores plots the scores of a round that is chosen among the latest. */
export function Scores({ procedure }: { procedure: string }) {
  const { t } = useSpeech()
  const list = useRecords({ procedure, sort: '-updated', limit: 50 })
  const [chosen, setChosen] = useState('')
  if (list.error) return <Failed err={list.error} retry={() => void list.refetch()} />
  if (!list.data) return <Waiting />
  const ids = list.data.items.map((r) => r.id)
  const id = chosen || ids[0]
  if (!id) return <p className="quiet">{t('pt.none')}</p>
  return (
    <>
      <div className="filters">
        <label>
          {t('pt.round')}
          <select value={id} onChange={(e) => setChosen(e.target.value)}>
            {ids.map((r) => (
              <option key={r} value={r}>
                {r}
              </option>
            ))}
          </select>
        </label>
        <Link to={`/record/${id}`}>{id}</Link>
      </div>
      <Round id={id} />
    </>
  )
}

function Round({ id }: { id: string }) {
  const { t } = useSpeech()
  const record = useRecord(id)
  const law = useLaw(record.data?.procedure ?? '', record.data?.version ?? 0)
  if (record.error) return <Failed err={record.error} retry={() => void record.refetch()} />
  if (!record.data || !law.data) return <Waiting />
  const measured = scoresOf(record.data.fields)
  if (measured.length === 0) return <p className="quiet">{t('pt.unscored')}</p>
  return (
    <>
      <p className="quiet">{t('pt.key')}</p>
      {measured.map((m) => (
        <Measurand key={m.measurand} name={m.name} scores={m.scores} law={law.data} />
      ))}
    </>
  )
}

const width = 720
const line = 18
const left = 120

function Measurand({ name, scores, law }: { name: string; scores: Score[]; law: Document }) {
  const { t, of } = useSpeech()
  const verdicts = law.fields.find((f) => f.name === 'scores')?.of?.fields?.find((f) => f.name === 'verdict')?.values ?? []
  const verdict = (s: Score) => of(verdicts.find((v) => v.name === s.verdict)) || s.verdict
  const scored = scores.filter((s) => s.score !== undefined)
  const span = width - left - 40
  const x = (at: number) => left + at * span
  const height = 24 + scored.length * line
  return (
    <>
      <h3>{name}</h3>
      <figure className="plot" tabIndex={0}>
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t('pt.plot', { m: name })}>
          {[-3, -2, 0, 2, 3].map((z) => (
            <g key={z}>
              <line x1={x((z + scale) / (2 * scale))} x2={x((z + scale) / (2 * scale))} y1={18} y2={height} className={z === 0 ? 'axis' : Math.abs(z) === 2 ? 'floor' : 'limit'} />
              <text x={x((z + scale) / (2 * scale))} y={12} textAnchor="middle" className="tick">
                {z}
              </text>
            </g>
          ))}
          {scored.map((s, i) => (
            <g key={s.lab_ref}>
              <text x={left - 8} y={24 + i * line + 9} textAnchor="end" className="tick">
                {s.lab_ref.slice(0, 10)}
              </text>
              <Mark verdict={s.verdict} x={x(placed(s.score ?? '0'))} y={24 + i * line + 5} />
            </g>
          ))}
        </svg>
      </figure>
      <table className="records numbers" aria-label={name}>
        <thead>
          <tr>
            <th scope="col">{t('pt.lab')}</th>
            <th scope="col">{t('pt.score')}</th>
            <th scope="col">{t('pt.verdict')}</th>
          </tr>
        </thead>
        <tbody>
          {scores.map((s) => (
            <tr key={s.lab_ref}>
              <th scope="row">
                <code title={s.lab_ref}>{s.lab_ref.slice(0, 16)}…</code>
              </th>
              <td data-label={t('pt.score')} className="num">
                {s.score ?? t('pt.noresult')}
              </td>
              <td data-label={t('pt.verdict')}>{verdict(s)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

/** Mark is a score in the shape of its verdict: colour is not the only carrier. */
function Mark({ verdict, x, y }: { verdict: Score['verdict']; x: number; y: number }) {
  switch (verdict) {
    case 'questionable':
      return <path d={`M${x} ${y - 6}L${x + 6} ${y + 5}H${x - 6}Z`} className="mark-near" />
    case 'unsatisfactory':
      return <rect x={x - 5} y={y - 5} width={10} height={10} className="mark-bad" />
    default:
      return <circle cx={x} cy={y} r={5} className="mark-good" />
  }
}
