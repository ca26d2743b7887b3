import { useId } from 'react'
import { useSpeech } from '../i18n/lang'
import { percent, plotOf, shown, type Cut, type Figure } from './model'

const width = 720
const labels = 210 // left of the bars
const values = 110 // right of them
const line = 26
const top = 22

/** Bars draw a breakdown: a bar a group, its interval, what is a small sample, the floor. The table beside it says the same. */
export function Bars({ figure, cut, name }: { figure: Figure; cut: Cut; name: (key: Cut['groups'][number]['key']) => string }) {
  const { t, of, mark } = useSpeech()
  const hatch = useId()
  const asPercent = percent(figure)
  const plot = plotOf(cut.groups, asPercent)
  const span = width - labels - values
  const x = (at: number) => labels + at * span
  const height = top + plot.bars.length * line + 8
  const by = cut.dimensions.map((d) => of(d.title)).join(mark.list)
  return (
    <figure className="plot" tabIndex={0}>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t('report.plot', { figure: of(figure.title), by })}>
        <defs>
          <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="6" height="6" className="hatch-ground" />
            <line x1="0" y1="0" x2="0" y2="6" className="hatch" />
          </pattern>
        </defs>
        {plot.ticks.map((tick) => (
          <g key={tick.value}>
            <line x1={x(tick.at)} x2={x(tick.at)} y1={top - 4} y2={height - 4} className="grid" />
            <text x={x(tick.at)} y={top - 9} textAnchor="middle" className="tick">
              {asPercent ? `${Math.round(tick.value * 100)}%` : shown(String(tick.value), false)}
            </text>
          </g>
        ))}
        {plot.bars.map((bar, i) => {
          const y = top + i * line
          const middle = y + line / 2
          const text = name(bar.group.key)
          return (
            <g key={i}>
              <text x={labels - 8} y={middle + 4} textAnchor="end" className="bar-label">
                {clip(text)}
                <title>{text}</title>
              </text>
              {bar.defined && <rect x={x(bar.from)} y={y + 5} width={Math.max(1, (bar.to - bar.from) * span)} height={line - 10} className="bar" fill={bar.group.small ? `url(#${hatch})` : undefined} />}
              {bar.low !== undefined && bar.high !== undefined && (
                <path d={`M${x(bar.low)} ${middle - 5}V${middle + 5}M${x(bar.low)} ${middle}H${x(bar.high)}M${x(bar.high)} ${middle - 5}V${middle + 5}`} className="whisker" />
              )}
              <text x={x(Math.max(bar.to, bar.high ?? 0, plot.zero)) + 6} y={middle + 4} className="bar-value">
                {bar.defined ? shown(bar.group.value, asPercent) : t('report.undefined')}
                {bar.group.small ? ' *' : ''}
              </text>
            </g>
          )
        })}
        <line x1={x(plot.zero)} x2={x(plot.zero)} y1={top - 4} y2={height - 4} className="axis" />
        {plot.floor !== undefined && <line x1={x(plot.floor)} x2={x(plot.floor)} y1={top - 4} y2={height - 4} className="floor" />}
      </svg>
      {plot.left > 0 && <figcaption className="quiet">{t('report.more', { n: plot.bars.length })}</figcaption>}
    </figure>
  )
}

/** clip shortens a label to its place, about 28 half-width characters, in its middle: what tells groups apart stands mostly at the end. */
function clip(text: string): string {
  const wide = (c: string) => (c.charCodeAt(0) > 0x2e80 ? 2 : 1)
  const chars = [...text]
  if (chars.reduce((n, c) => n + wide(c), 0) <= 28) return text
  const upTo = (list: string[], room: number) => list.slice(0, list.findIndex((_, i) => list.slice(0, i + 1).reduce((n, c) => n + wide(c), 0) > room))
  return [...upTo(chars, 6), '…', ...upTo([...chars].reverse(), 21).reverse()].join('')
}
