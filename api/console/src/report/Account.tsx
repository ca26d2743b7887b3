import { useSpeech } from '../i18n/lang'
import { accountOf, shown, type Report } from './model'
import { useCells } from './names'

/** Account puts what regions gave each other beside what they were given, where a report has both sides. */
export function Account({ report }: { report: Report }) {
  const { t } = useSpeech()
  const cells = useCells(report)
  const cutBy = (dimension: string) => report.figures.flatMap((f) => f.by ?? []).find((c) => c.dimensions.length === 1 && c.dimensions[0].name === dimension)
  const rows = accountOf(cutBy('sender'), cutBy('receiver'))
  if (rows.length === 0) return <p className="quiet">{t('report.nothing')}</p>
  return (
    <>
      <table className="records numbers">
        <thead>
          <tr>
            <th scope="col">{t('report.region')}</th>
            <th scope="col">{t('report.sent')}</th>
            <th scope="col">{t('report.received')}</th>
            <th scope="col">{t('report.balance')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r.of.code}>
              <th scope="row">{cells.cell('region', r.of)}</th>
              <td data-label={t('report.sent')} className="num">
                {shown(String(r.sent), false)}
              </td>
              <td data-label={t('report.received')} className="num">
                {shown(String(r.received), false)}
              </td>
              <td data-label={t('report.balance')} className="num">
                {r.sent > r.received ? '+' : ''}
                {shown(String(r.sent - r.received), false)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="quiet">{t('report.balance.help')}</p>
    </>
  )
}

/** hasAccount reports whether a report tells who gave and who received. */
export function hasAccount(report: Report): boolean {
  const by = (name: string) => report.figures.some((f) => (f.by ?? []).some((c) => c.dimensions.length === 1 && c.dimensions[0].name === name))
  return by('sender') && by('receiver')
}
