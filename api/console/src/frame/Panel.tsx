import { Alert } from 'antd'
import { Component, useId, type ReactNode } from 'react'
import { useSpeech } from '../i18n/lang'

interface Props {
  title: ReactNode
  extra?: ReactNode
  children: ReactNode
  className?: string
}

/** Panel is a card that fails alone: an error in it leaves the others standing. */
export function Panel({ title, extra, children, className }: Props) {
  const id = useId()
  return (
    <section className={`panel ${className ?? ''}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {extra}
      </header>
      <div className="panel-body">
        <Boundary>{children}</Boundary>
      </div>
    </section>
  )
}

function Broken() {
  const { t } = useSpeech()
  return <Alert type="error" showIcon title={t('card.failed')} role="alert" />
}

class Boundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  state = { broken: false }

  static getDerivedStateFromError() {
    return { broken: true }
  }

  componentDidCatch(error: Error) {
    console.error(error) // for whoever helps; the page says it in words
  }

  render() {
    return this.state.broken ? <Broken /> : this.props.children
  }
}
