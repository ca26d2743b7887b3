import { Button } from 'antd'
import { useSpeech } from '../i18n/lang'

export function LanguageSwitch() {
  const { lang, setLang, t } = useSpeech()
  return (
    <Button type="text" size="small" className="lang" lang={lang === 'zh' ? 'en' : 'zh-CN'} onClick={() => setLang(lang === 'zh' ? 'en' : 'zh')}>
      {t('app.language')}
    </Button>
  )
}
