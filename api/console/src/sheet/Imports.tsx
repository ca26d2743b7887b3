import { Link } from 'react-router'
import { useLaws } from '../api/queries'
import { Panel } from '../frame/Panel'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { titleOf } from '../law/document'
import { useImports } from './queries'

/** Imports lists what may come from a sheet, by the law documents in force. */
export default function Imports() {
  const { t, of } = useSpeech()
  const imports = useImports()
  const items = imports.data?.items ?? []
  const laws = useLaws(items.map((i) => i.procedure))
  return (
    <div className="page narrow">
      <h1 className="greeting">{t('sheet.title')}</h1>
      <Panel title={t('sheet.which')}>
        {imports.error ? (
          <Failed err={imports.error} retry={() => void imports.refetch()} />
        ) : !imports.data ? (
          <Waiting />
        ) : items.length === 0 ? (
          <p className="empty">{t('sheet.none')}</p>
        ) : (
          <ul className="limits">
            {items.map((i) => {
              const law = laws[i.procedure]
              const steps = i.steps.map((step) => (law && of(titleOf(law, step))) || step).join(' → ')
              return (
                <li key={i.procedure}>
                  <Link to={`/imports/${i.procedure}`}>
                    <b>{of(i.title)}</b>
                  </Link>
                  <span className="sub">
                    {t('sheet.row', { steps })} · {t('sheet.columns', { n: i.columns.length, m: i.columns.filter((c) => c.required).length })}
                  </span>
                </li>
              )
            })}
          </ul>
        )}
      </Panel>
    </div>
  )
}
