import { Alert } from 'antd'
import { useSpeech } from '../i18n/lang'
import type { Caution } from './refined/refinement'

/** Cautions are what to think of before signing; the place is there before anything stands in it, so that it is read out when something does. */
export function Cautions({ held }: { held: Caution[] }) {
  const { t, of, aside } = useSpeech()
  return (
    <div className="cautions" role="status">
      {held.length > 0 && (
        <Alert
          type="warning"
          showIcon
          title={t('act.think')}
          description={
            <ul className="thoughts">
              {held.map((c) => (
                <li key={c.text.zh}>
                  {of(c.text)}
                  {aside(c.cite)}
                </li>
              ))}
            </ul>
          }
        />
      )}
    </div>
  )
}
