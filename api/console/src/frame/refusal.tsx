import { Alert, Button } from 'antd'
import type { ReactNode } from 'react'
import { mendOf, problemOf, type Problem } from '../api/problem'
import { useSpeech } from '../i18n/lang'

/** useTexts words a refusal. */
export function useTexts() {
  const { t } = useSpeech()
  return {
    title: (p: Problem) => (p.code === 'network' ? t('err.network') : p.message || t('err.unexpected', { n: p.status })),
    mend: (p: Problem) => t(mendOf(p)),
  }
}

/** Refusal shows what was refused, by which article, and what mends it. */
export function Refusal({ err, action }: { err: unknown; action?: ReactNode }) {
  const { aside } = useSpeech()
  const texts = useTexts()
  const p = problemOf(err)
  const mend = texts.mend(p)
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={texts.title(p) + (p.cite ? aside(p.cite) : '')}
      description={mend}
      action={action}
    />
  )
}

/** Failed is a card that could not be read, with a way to try again. */
export function Failed({ err, retry }: { err: unknown; retry: () => void }) {
  const { t } = useSpeech()
  return (
    <Refusal
      err={err}
      action={
        <Button size="small" onClick={retry}>
          {t('app.retry')}
        </Button>
      }
    />
  )
}
