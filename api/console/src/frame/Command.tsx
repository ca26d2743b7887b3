import { Button } from 'antd'
import { useState } from 'react'
import { useSpeech } from '../i18n/lang'

/** Command shows lines to be typed on another machine, with a button that copies them. */
export function Command({ lines }: { lines: string[] }) {
  const { t } = useSpeech()
  const [copied, setCopied] = useState(false)
  const text = lines.join('\n')
  return (
    <div className="command">
      <pre tabIndex={0}>{text}</pre>
      {/* plain HTTP on another host than this machine has no clipboard: the lines can be marked by hand */}
      {navigator.clipboard && (
        <Button size="small" onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true), () => setCopied(false))}>
          {copied ? t('app.copied') : t('app.copy')}
        </Button>
      )}
    </div>
  )
}
