import { Alert } from 'antd'
import { FileExcelOutlined } from '@ant-design/icons'
import { useId, useState } from 'react'
import { useSpeech } from '../i18n/lang'
import { fault } from './model'

interface Props {
  name?: string
  busy: boolean
  take: (file: File) => void
  limits?: { most: (file: File) => number; large: string; kinds: string } // the largest file in bytes, what is said of a larger one, which files are taken; without, what an import takes
}

/** FileDrop takes one file: dropped, or chosen. */
export function FileDrop({ name, busy, take, limits }: Props) {
  const { t } = useSpeech()
  const id = useId()
  const [over, setOver] = useState(false)
  const [wrong, setWrong] = useState('')
  const given = (file: File | undefined) => {
    if (!file || busy) return
    const found = fault(file, limits?.most(file))
    setWrong(!found ? '' : found === 'size' && limits ? limits.large : t(`sheet.fault.${found}`))
    if (!found) take(file)
  }
  return (
    <>
      <div
        className={over ? 'drop drop-over' : 'drop'}
        onDragOver={(e) => {
          e.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(e) => {
          e.preventDefault()
          setOver(false)
          given(e.dataTransfer.files[0])
        }}
      >
        <FileExcelOutlined /> {name ? <b>{name}</b> : t('sheet.drop')}{' '}
        <span className="file">
          <input
            id={id}
            type="file"
            className="hidden-file"
            disabled={busy}
            accept=".xlsx,.csv,.txt"
            aria-label={t(name ? 'sheet.other' : 'sheet.choose')}
            aria-describedby={`${id}-h`}
            onChange={(e) => {
              given(e.target.files?.[0])
              e.target.value = '' // the same file again, once it is mended
            }}
          />
          <label className="file-button" htmlFor={id} aria-hidden="true">
            {t(name ? 'sheet.other' : 'sheet.choose')}
          </label>
        </span>
        <span className="sub" id={`${id}-h`}>
          {limits?.kinds ?? t('sheet.kinds')}
        </span>
      </div>
      {wrong && <Alert type="error" showIcon role="alert" title={wrong} />}
    </>
  )
}
