import { CheckCircleOutlined, ExperimentOutlined, WarningOutlined } from '@ant-design/icons'
import { useSpeech } from '../i18n/lang'
import { crossOf, percent, shown, type Cut, type Figure, type Number_, type Report } from './model'
import { useCells } from './names'

/** Marks say in words and signs what is to be known of a number: a small sample, a floor. */
export function Marks({ n, asPercent }: { n: Number_; asPercent: boolean }) {
  const { t } = useSpeech()
  const floor = shown(n.floor, asPercent)
  return (
    <>
      {n.small && (
        <span className="near">
          <ExperimentOutlined /> * {t('report.small')}{' '}
        </span>
      )}
      {n.met === true && (
        <span className="good">
          <CheckCircleOutlined /> {t('report.met', { f: floor })}
        </span>
      )}
      {n.met === false && (
        <span className="bad">
          <WarningOutlined /> {t('report.unmet', { f: floor })}
        </span>
      )}
    </>
  )
}

/** marked reports whether any of some numbers has a mark; a column for none is left out. */
export const marked = (list: Number_[]) => list.some((n) => n.small || n.met !== undefined)

export function NumberHeads({ ratio, marks }: { ratio: boolean; marks: boolean }) {
  const { t } = useSpeech()
  return (
    <>
      <th scope="col">{t('report.value')}</th>
      {ratio && (
        <>
          <th scope="col">{t('report.num')}</th>
          <th scope="col">{t('report.den')}</th>
          <th scope="col">{t('report.interval')}</th>
        </>
      )}
      {marks && <th scope="col">{t('report.mark')}</th>}
    </>
  )
}

/** num is a cell with a number; one without takes no line on a small screen. */
const num = (text: string | undefined) => (text === undefined ? 'num nothing' : 'num')

export function NumberCells({ n, ratio, marks, asPercent }: { n: Number_; ratio: boolean; marks: boolean; asPercent: boolean }) {
  const { t } = useSpeech()
  return (
    <>
      <td data-label={t('report.value')} className="num">
        <b>{shown(n.value, asPercent)}</b>
      </td>
      {ratio && (
        <>
          <td data-label={t('report.num')} className={num(n.num)}>
            {shown(n.num, false)}
          </td>
          <td data-label={t('report.den')} className={num(n.den)}>
            {shown(n.den, false)}
          </td>
          <td data-label={t('report.interval')} className={num(n.low)}>
            {n.low !== undefined ? `${shown(n.low, asPercent)} – ${shown(n.high, asPercent)}` : '—'}
          </td>
        </>
      )}
      {marks && (
        <td data-label={t('report.mark')} className={marked([n]) ? '' : 'nothing'}>
          <Marks n={n} asPercent={asPercent} />
        </td>
      )}
    </>
  )
}

/** CutTable is a breakdown in numbers: a row a group. */
export function CutTable({ figure, cut, report }: { figure: Figure; cut: Cut; report: Report }) {
  const { t, of } = useSpeech()
  const cells = useCells(report)
  const ratio = figure.measure === 'ratio'
  const marks = marked(cut.groups)
  const asPercent = percent(figure)
  return (
    <table className="records numbers" aria-label={of(figure.title)}>
      <thead>
        <tr>
          <th scope="col">{cut.dimensions.map((d) => of(d.title)).join(' · ')}</th>
          <NumberHeads ratio={ratio} marks={marks} />
        </tr>
      </thead>
      <tbody>
        {cut.groups.map((g) => (
          <tr key={g.key.map((c) => c.code).join('/')}>
            <th scope="row" data-label={t('report.group')}>
              {cells.group(cut, g.key)}
            </th>
            <NumberCells n={g} ratio={ratio} marks={marks} asPercent={asPercent} />
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** CrossTable is a breakdown by two dimensions, one down and one across. */
export function CrossTable({ figure, cut, report }: { figure: Figure; cut: Cut; report: Report }) {
  const { of } = useSpeech()
  const cells = useCells(report)
  const cross = crossOf(cut)
  const asPercent = percent(figure)
  if (!cross) return null
  const [down, across] = cut.dimensions
  return (
    <div className="wide" tabIndex={0} role="group" aria-label={of(figure.title)}>
      <table className="records numbers cross">
        <thead>
          <tr>
            <th scope="col">
              {of(down.title)} \ {of(across.title)}
            </th>
            {cross.columns.map((c) => (
              <th key={c.code} scope="col">
                {cells.cell(across.name, c)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cross.rows.map((r) => (
            <tr key={r.head.code}>
              <th scope="row">{cells.cell(down.name, r.head)}</th>
              {r.cells.map((g, i) => (
                <td key={i} className="num">
                  {g ? shown(g.value, asPercent) : '—'}
                  {g?.small && ' *'}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
