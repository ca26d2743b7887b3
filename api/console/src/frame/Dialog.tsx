import { Button } from 'antd'
import { CloseOutlined } from '@ant-design/icons'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import { useSpeech } from '../i18n/lang'

/**
 * Dialog asks one thing before anything else goes on. It is the browser's own, which keeps
 * the keyboard inside and gives the focus back; antd's writes a style without the nonce of
 * the page, which its policy refuses.
 */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ReactNode }) {
  const { t } = useSpeech()
  const id = useId()
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = ref.current
    if (dialog && !dialog.open) dialog.showModal()
  }, [])
  return (
    <dialog
      ref={ref}
      className="dialog"
      aria-labelledby={id}
      onCancel={(e) => {
        e.preventDefault()
        close()
      }}
    >
      <header className="dialog-head">
        <h2 id={id}>{title}</h2>
        <Button type="text" size="small" icon={<CloseOutlined />} aria-label={t('app.close')} onClick={close} />
      </header>
      {children}
    </dialog>
  )
}
