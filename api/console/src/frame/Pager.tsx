import { Button } from 'antd'
import { useSpeech } from '../i18n/lang'

interface Props {
  page: number // that is shown, from 1
  pages?: number // where they can be counted
  prev?: () => void // undefined: there is none
  next?: () => void
  onward?: string // what the next page is called, when not so
  busy?: boolean // the next page is on its way
}

/** Pager leads from one page of a list to the page before and the page after it. */
export function Pager({ page, pages, prev, next, onward, busy }: Props) {
  const { t } = useSpeech()
  const name = t('list.page', { n: page })
  return (
    <nav className="pager" aria-label={name}>
      <Button size="small" disabled={!prev} onClick={prev}>
        {t('list.prev')}
      </Button>
      {pages === undefined ? (
        <span>{name}</span>
      ) : (
        <span className="quiet">
          {page} / {pages}
        </span>
      )}
      <Button size="small" loading={busy} disabled={!next} onClick={next}>
        {onward ?? t('list.next')}
      </Button>
    </nav>
  )
}

/** Pages leads through a list that is here as a whole (pageOf), when it has more than one page. */
export function Pages({ page, pages, show }: { page: number; pages: number; show: (page: number) => void }) {
  if (pages < 2) return null
  return <Pager page={page} pages={pages} prev={page > 1 ? () => show(page - 1) : undefined} next={page < pages ? () => show(page + 1) : undefined} />
}
