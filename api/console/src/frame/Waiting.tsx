import { useSpeech } from '../i18n/lang'

/** Waiting holds a place while something is read. */
export function Waiting({ lines = 3 }: { lines?: number }) {
  const { t } = useSpeech()
  return (
    <div className="waiting" role="status" aria-label={t('app.loading')}>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} />
      ))}
    </div>
  )
}
