import { Input } from 'antd'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { useSpeech } from '../i18n/lang'
import { target } from './target'

export function Search() {
  const { t } = useSpeech()
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const go = () => {
    const to = target(text)
    if (!to) return
    setText('')
    void navigate(to)
  }
  return (
    <form
      role="search"
      className="search"
      onSubmit={(e) => {
        e.preventDefault()
        go()
      }}
    >
      <Input
        value={text}
        onChange={(e) => setText(e.target.value)}
        aria-label={t('search.label')}
        placeholder={t('search.short')}
        title={t('search.label')}
        maxLength={400}
      />
    </form>
  )
}
