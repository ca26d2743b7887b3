import { problemOf } from '../api/problem'
import { useTexts } from '../frame/refusal'
import { known } from '../i18n/dict'
import { useSpeech } from '../i18n/lang'

/** useWhy words why an account cannot be made or changed. */
export function useWhy() {
  const { t } = useSpeech()
  const texts = useTexts()
  return (err: unknown) => {
    const p = problemOf(err)
    const reason = `acc.bad.${p.params.reason}`
    return p.code === 'account_refused' && known(reason) ? t(reason) : [texts.title(p), texts.mend(p)].filter(Boolean).join(' ')
  }
}
