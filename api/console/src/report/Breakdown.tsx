import { Button } from 'antd'
import { useState } from 'react'
import { useSpeech } from '../i18n/lang'
import { Bars } from './Bars'
import { crossOf, listable, type Figure, type Report } from './model'
import { useCells } from './names'
import { CrossTable, CutTable } from './Numbers'

/** Breakdown is one figure, broken down one way at a time: plot and table. */
export function Breakdown({ figure, report, list, listed }: { figure: Figure; report: Report; list: (figure: string) => void; listed: boolean }) {
  const { t, of } = useSpeech()
  const cells = useCells(report)
  const cuts = (figure.by ?? []).filter((c) => c.groups.length > 0)
  const [at, setAt] = useState(0)
  const cut = cuts[Math.min(at, cuts.length - 1)]
  // A limit means something beside its procedure only.
  const crossed = cut && crossOf(cut) && !cut.dimensions.some((d) => d.name === 'limit')
  return (
    <>
      <div className="breakdown-head">
        {cuts.length > 1 && (
          <div className="tabs" role="group" aria-label={t('report.by')}>
            {cuts.map((c, i) => (
              <button key={i} type="button" aria-pressed={c === cut} onClick={() => setAt(i)}>
                {c.dimensions.map((d) => of(d.title)).join(' × ')}
              </button>
            ))}
          </div>
        )}
        {listable(figure) && (
          <Button size="small" onClick={() => list(figure.name)} aria-expanded={listed}>
            {t('report.list')}
          </Button>
        )}
      </div>
      {!cut ? (
        <p className="quiet">{t('report.nothing')}</p>
      ) : (
        <div className="side">
          <Bars figure={figure} cut={cut} name={(key) => cells.group(cut, key)} />
          <div>
            {crossed && <CrossTable figure={figure} cut={cut} report={report} />}
            <CutTable figure={figure} cut={cut} report={report} />
          </div>
        </div>
      )}
    </>
  )
}
