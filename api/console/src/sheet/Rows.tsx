import { CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined, FileDoneOutlined } from '@ant-design/icons'
import { useState } from 'react'
import { Link } from 'react-router'
import { Pages } from '../frame/Pager'
import { pageOf } from '../frame/pages'
import { useSpeech } from '../i18n/lang'
import { pageSize, shown, wrong, type Filter, type Report, type Row } from './model'

const filters: Filter[] = ['all', 'wrong', 'rest']

/** Rows are a sheet's rows, a page at a time, the wrong ones first to be seen. */
export function Rows({ report }: { report: Report }) {
  const { t } = useSpeech()
  const [filter, setFilter] = useState<Filter>(report.bad > 0 ? 'wrong' : 'all')
  const [asked, setPage] = useState(1)
  const list = shown(report.items, filter)
  const { items: rows, page, pages } = pageOf(list, asked, pageSize)
  return (
    <>
      <div className="tabs" role="group" aria-label={t('list.filter')}>
        {filters.map((f) => (
          <button
            key={f}
            type="button"
            aria-pressed={f === filter}
            onClick={() => {
              setFilter(f)
              setPage(1)
            }}
          >
            {t(`sheet.filter.${f}`)} ({shown(report.items, f).length})
          </button>
        ))}
      </div>
      {rows.length === 0 ? (
        <p className="quiet">{t('sheet.filter.none')}</p>
      ) : (
        <table className="records sheet-rows">
          <thead>
            <tr>
              <th scope="col">{t('sheet.at')}</th>
              <th scope="col">{t('sheet.status')}</th>
              <th scope="col">{t('list.record')}</th>
              <th scope="col">{t('sheet.errors')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <OneRow key={row.row} row={row} />
            ))}
          </tbody>
        </table>
      )}
      <Pages page={page} pages={pages} show={setPage} />
    </>
  )
}

function OneRow({ row }: { row: Row }) {
  const { t, lang } = useSpeech()
  return (
    <tr>
      <td data-label={t('sheet.at')} className="num">
        {row.row}
      </td>
      <td data-label={t('sheet.status')}>
        <Status row={row} />
      </td>
      <td data-label={t('list.record')}>
        {row.record ? (
          <Link to={`/record/${row.record}`} className="id">
            {row.record}
          </Link>
        ) : (
          <span className="quiet">—</span>
        )}
      </td>
      <td data-label={t('sheet.errors')}>
        <ul>
          {(row.errors ?? []).map((e, i) => (
            <li key={i} className="bad">
              {e.column && <b>{t('sheet.cell', { column: e.column })} </b>}
              {e[lang] || e.zh}
            </li>
          ))}
        </ul>
      </td>
    </tr>
  )
}

function Status({ row }: { row: Row }) {
  const { t } = useSpeech()
  const text = t(`sheet.is.${row.status as 'ready'}`)
  if (wrong(row)) {
    return (
      <span className="bad">
        <CloseCircleOutlined /> {text}
      </span>
    )
  }
  if (row.status === 'done') {
    return (
      <span className="good">
        <FileDoneOutlined /> {text}
      </span>
    )
  }
  return (
    <span className={row.status === 'ready' ? 'quiet' : 'near'}>
      {row.status === 'ready' ? <CheckCircleOutlined /> : <ClockCircleOutlined />} {text}
    </span>
  )
}
