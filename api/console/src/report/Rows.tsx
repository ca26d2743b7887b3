import { useState } from 'react'
import { Link } from 'react-router'
import { Pages } from '../frame/Pager'
import { pageOf } from '../frame/pages'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import type { Listed, Report } from './model'
import { useCells } from './names'
import { useListed, type Asked } from './queries'

const pageSize = 20

/** Rows are the records behind a figure, those that count and those that do not. */
export function Rows({ name, asked, figure, title }: { name: string; asked: Asked; figure: string; title: string }) {
  const { t } = useSpeech()
  const answer = useListed(name, asked, figure)
  if (answer.error) return <Failed err={answer.error} retry={() => void answer.refetch()} />
  if (!answer.data?.listed) return <Waiting />
  const { counted, omitted, truncated } = answer.data.listed
  return (
    <div className="behind">
      {truncated && <p className="near">{t('report.truncated')}</p>}
      <h3>
        {t('report.listed', { figure: title })} ({counted.length})
      </h3>
      <Page rows={counted} listed={answer.data.listed} report={answer.data} />
      {omitted.length > 0 && (
        <>
          <h3>
            {t('report.omitted')} ({omitted.length})
          </h3>
          <Page rows={omitted} listed={answer.data.listed} report={answer.data} />
        </>
      )}
    </div>
  )
}

function Page({ rows, listed, report }: { rows: Listed['counted']; listed: Listed; report: Report }) {
  const { t, of } = useSpeech()
  const cells = useCells(report)
  const [asked, setPage] = useState(1)
  const { items, page, pages } = pageOf(rows, asked, pageSize)
  const dimensions = listed.columns.map((c) => c.name)
  const reason = (code: string | undefined) => of(report.left_out.find((l) => l.code === code)?.reason) || code
  const left = rows.some((r) => r.code)
  const amounts = rows.some((r) => r.amount)
  if (rows.length === 0) return <p className="quiet">{t('app.none')}</p>
  return (
    <>
      <div className="wide" tabIndex={0} role="group" aria-label={t('report.records')}>
        <table className="records numbers">
          <thead>
            <tr>
              <th scope="col">{t('list.record')}</th>
              <th scope="col">{t('report.date')}</th>
              {amounts && <th scope="col">{t('report.amount')}</th>}
              {left && <th scope="col">{t('report.reason')}</th>}
              {listed.columns.map((c) => (
                <th key={c.name} scope="col">
                  {of(c.title)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((r, i) => (
              <tr key={`${r.record}-${r.index}-${r.item ?? 0}-${i}`}>
                <td>
                  <Link to={`/record/${r.record}`} className="id">
                    {r.record}
                  </Link>
                </td>
                <td className="num">{r.date}</td>
                {amounts && <td className="num">{r.amount}</td>}
                {left && <td>{reason(r.code)}</td>}
                {r.values.map((c, k) => (
                  <td key={k}>{cells.cell(dimensions[k], c, r.values, dimensions)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Pages page={page} pages={pages} show={setPage} />
    </>
  )
}
