import { useSpeech } from '../i18n/lang'
import { percent, type Report } from './model'
import { marked, NumberCells, NumberHeads } from './Numbers'

/** Totals are a report's figures, each with what it is made of. */
export function Totals({ report }: { report: Report }) {
  const { t, of } = useSpeech()
  const ratio = report.figures.some((f) => f.measure === 'ratio')
  const marks = marked(report.figures)
  return (
    <table className="records numbers">
      <thead>
        <tr>
          <th scope="col">{t('report.figure')}</th>
          <NumberHeads ratio={ratio} marks={marks} />
        </tr>
      </thead>
      <tbody>
        {report.figures.map((f) => (
          <tr key={f.name}>
            <th scope="row">
              {of(f.title)} <span className="quiet">{of(f.unit)}</span>
            </th>
            <NumberCells n={f} ratio={ratio} marks={marks} asPercent={percent(f)} />
          </tr>
        ))}
      </tbody>
    </table>
  )
}
