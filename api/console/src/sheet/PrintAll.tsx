import { PrinterOutlined } from '@ant-design/icons'
import { Link } from 'react-router'
import { useSpeech } from '../i18n/lang'
import { recordsMax } from '../paper/model'
import { usePapers } from '../paper/queries'
import { printJobs, type Report } from './model'

/**
 * PrintAll leads to the letters of all that an import made, one for each row. Rows of a
 * sheet take the same steps, so what the first has to print the others have too.
 */
export function PrintAll({ report }: { report: Report }) {
  const jobs = printJobs(report.items, recordsMax)
  return jobs.length === 0 ? null : <Jobs jobs={jobs} />
}

function Jobs({ jobs }: { jobs: string[][] }) {
  const { t } = useSpeech()
  const papers = usePapers(jobs[0][0])
  const n = jobs.reduce((sum, job) => sum + job.length, 0)
  const links = (papers.data?.items ?? []).flatMap((p) => jobs.map((job, i) => ({ p, job, first: i * recordsMax + 1 })))
  if (links.length === 0) return null // drafts have no letter yet, or the node says on the record's page why there is none
  return (
    <ul className="links sheet-print">
      {links.map(({ p, job, first }) => (
        <li key={p.document + first}>
          <Link to={`/print/${p.document}?records=${job.join(',')}`}>
            <PrinterOutlined /> {t('sheet.print', { what: p.title, a: first, b: first + job.length - 1, n })}
          </Link>
        </li>
      ))}
    </ul>
  )
}
