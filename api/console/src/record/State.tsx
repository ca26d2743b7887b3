import { CheckOutlined, EllipsisOutlined } from '@ant-design/icons'
import { useSpeech } from '../i18n/lang'
import { stateOf, type Document } from '../law/document'

/** State is where a record is: an icon for running or ended, and the law's word. */
export function State({ law, name }: { law: Document | undefined; name: string }) {
  const { of } = useSpeech()
  const ended = law?.terminal.includes(name) ?? false
  return (
    <span className={`state ${ended ? 'state-ended' : ''}`}>
      {ended ? <CheckOutlined /> : <EllipsisOutlined />} {(law && of(stateOf(law, name))) || name}
    </span>
  )
}
