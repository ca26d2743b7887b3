import { DownloadOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useState } from 'react'
import { download } from '../api/client'
import { Refusal } from '../frame/refusal'
import { useSpeech } from '../i18n/lang'

const formats = ['xlsx', 'csv'] as const

/** Templates gives the empty sheet that is to be filled in, from an address of the node and under a name of its own. */
export function Templates({ address, name }: { address: string; name: string }) {
  const { t } = useSpeech()
  const [err, setErr] = useState<unknown>(null)
  const get = (format: (typeof formats)[number]) => {
    setErr(null)
    download(`${address}?format=${format}`, `${name}-template.${format}`).catch(setErr)
  }
  return (
    <>
      <p className="buttons">
        {formats.map((format) => (
          <Button key={format} icon={<DownloadOutlined />} onClick={() => get(format)}>
            {t(`sheet.template.${format}`)}
          </Button>
        ))}
      </p>
      {err !== null && <Refusal err={err} />}
    </>
  )
}
