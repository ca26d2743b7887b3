import { PrinterOutlined } from '@ant-design/icons'
import { Link } from 'react-router'
import { Failed } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { usePapers } from './queries'

/** Papers are the documents that a record has to print: those of its procedure whose act has happened. */
export function Papers({ record }: { record: string }) {
  const { t } = useSpeech()
  const papers = usePapers(record)
  if (papers.error) return <Failed err={papers.error} retry={() => void papers.refetch()} />
  if (!papers.data) return <Waiting />
  if (papers.data.items.length === 0) return <p className="quiet">{t('paper.none')}</p>
  return (
    <>
      <ul className="links papers">
        {papers.data.items.map((p) => (
          <li key={p.document}>
            <Link to={`/print/${p.document}?records=${record}`}>
              <PrinterOutlined /> {p.title}
            </Link>{' '}
            {p.number && <span className="quiet">{p.number}</span>}
          </li>
        ))}
      </ul>
      <a className="quiet" href="/console/verify.html" target="_blank" rel="noreferrer">
        {t('paper.verifier')}
      </a>
    </>
  )
}
