import { Button } from 'antd'
import { useState } from 'react'
import { Pages } from '../frame/Pager'
import { pageOf } from '../frame/pages'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { save } from '../util/save'
import { minute } from '../util/time'
import { useAnswers } from './queries'

const shown = 20

/** Answers are the signed notes of the pages that this bureau was given. */
export function Answers({ id }: { id: string }) {
  const { t } = useSpeech()
  const answers = useAnswers(id)
  const [asked, setPage] = useState(1)
  if (answers.error) return <Failed err={answers.error} retry={() => void answers.refetch()} />
  if (!answers.data) return <Waiting />
  if (answers.data.items.length === 0) return <p className="quiet">{t('data.answers.none')}</p>
  const { items, page, pages } = pageOf(answers.data.items, asked, shown)
  return (
    <>
      <table className="records" aria-label={t('data.answers')}>
        <thead>
          <tr>
            <th scope="col">{t('data.answer.at')}</th>
            <th scope="col">{t('data.answer.node')}</th>
            <th scope="col">{t('data.answer.rows')}</th>
            <th scope="col">{t('data.answer.digest')}</th>
            <th scope="col">{t('data.answer.note')}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((a) => (
            <tr key={a.note}>
              <td className="num">{minute(a.at)}</td>
              <td data-label={t('data.answer.node')}>{a.node}</td>
              <td data-label={t('data.answer.rows')} className="num">
                {a.rows}
              </td>
              <td data-label={t('data.answer.digest')}>
                <code className="digest">{a.rows_sha256}</code>
              </td>
              <td data-label={t('data.answer.note')}>
                <Note text={a.note} name={`${id}-${a.at.slice(0, 19).replace(/\D/g, '')}.note`} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Pages page={page} pages={pages} show={setPage} />
    </>
  )
}

/** Note gives the signed evidence of a page as a file. */
export function Note({ text, name }: { text: string; name: string }) {
  const { t } = useSpeech()
  return (
    <Button size="small" onClick={() => save(new Blob([text], { type: 'text/plain' }), name)}>
      {t('data.note.save')}
    </Button>
  )
}
