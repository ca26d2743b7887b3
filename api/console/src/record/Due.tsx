import { ClockCircleOutlined, ExclamationCircleOutlined, FieldTimeOutlined } from '@ant-design/icons'
import { useSpeech } from '../i18n/lang'
import { day } from '../util/time'

interface Props {
  due: string
  overdue: boolean
  workdaysLeft?: number
  title?: string
}

/** Due is a running limit in colour, icon and words. */
export function Due({ due, overdue, workdaysLeft, title }: Props) {
  const { t } = useSpeech()
  const n = workdaysLeft
  const words =
    n === undefined ? (overdue ? t('due.overdue') : '') : overdue || n < 0 ? t('due.over', { n: Math.abs(n) }) : n === 0 ? t('due.today') : t('due.left', { n })
  const kind = overdue ? 'bad' : n !== undefined && n <= 3 ? 'near' : 'calm'
  const icon = overdue ? <ExclamationCircleOutlined /> : kind === 'near' ? <FieldTimeOutlined /> : <ClockCircleOutlined />
  return (
    <span className={`due due-${kind}`}>
      <span className="due-when">
        {icon} {t('due.on', { d: day(due) })}
        {words && ` · ${words}`}
      </span>
      {title && <span className="due-what">{title}</span>}
    </span>
  )
}
