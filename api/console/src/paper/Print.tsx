import { PrinterOutlined } from '@ant-design/icons'
import { Alert, Button } from 'antd'
import { useCallback, useState } from 'react'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import { api, got } from '../api/client'
import { Empty } from '../frame/Empty'
import { Failed, Refusal } from '../frame/refusal'
import { Waiting } from '../frame/Waiting'
import { useSpeech } from '../i18n/lang'
import { filled, privateIn, recordsMax, recordsOf, type Paper } from './model'
import { useDocuments } from './queries'
import { Sheets } from './Sheets'
import './paper.css'

/**
 * Print is one print job: a document of one or of many records, page after page. Its address
 * is /print/DOCUMENT?records=ID,ID,… with at most recordsMax of them.
 */
export default function Print() {
  const { document = '' } = useParams()
  const [query] = useSearchParams()
  const { t } = useSpeech()
  const asked = recordsOf(query.get('records'))
  if (asked.length === 0) return <Empty to="/records" go={t('rec.find')}>{t('paper.empty')}</Empty>
  if (asked.length > recordsMax) return <div className="empty">{t('paper.many', { n: recordsMax })}</div>
  return <Job key={document + asked.join()} document={document} records={asked} />
}

function Job({ document, records }: { document: string; records: string[] }) {
  const { t } = useSpeech()
  const leave = useNavigate()
  const answers = useDocuments(document, records)
  const [opened, setOpened] = useState<Record<string, Record<string, string>>>({})
  const [sheets, setSheets] = useState<Record<string, number>>({})
  const [err, setErr] = useState<unknown>(null)
  const counted = useCallback((record: string, n: number) => setSheets((have) => (have[record] === n ? have : { ...have, [record]: n })), [])
  const papers = answers.flatMap((a) => (a.data ? [a.data] : []))
  const ready = papers.length > 0 && papers.every((p) => sheets[p.record] !== undefined) && answers.every((a) => a.data || a.error)
  const hidden = papers.filter((p) => privateIn(p) && !(p.record in opened))
  const fill = async () => {
    setErr(null)
    for (const p of hidden) {
      try {
        const values = await privateOf(p)
        setOpened((have) => ({ ...have, [p.record]: values }))
      } catch (e) {
        setErr(e)
        return
      }
    }
  }
  return (
    <div className="print">
      <div className="print-bar">
        <h1>{t('paper.job', { n: records.length })}</h1>
        <Button onClick={() => void leave(-1)}>{t('paper.back')}</Button>
        <Button type="primary" icon={<PrinterOutlined />} disabled={!ready} onClick={() => window.print()}>
          {t('paper.print')}
        </Button>
        {ready && <span className="quiet print-count">{t('paper.sheets', { n: papers.reduce((n, p) => n + (sheets[p.record] ?? 0), 0) })}</span>}
        <span className="quiet">
          {t('paper.hint')} {t('paper.blanks')}
        </span>
        {hidden.length > 0 && <Button onClick={() => void fill()}>{t('paper.private')}</Button>}
        {err !== null && <Refusal err={err} />}
        {papers.some((p) => p.pending) && <Alert type="warning" showIcon title={t('paper.pending')} />}
      </div>
      {answers.map((a, i) => {
        if (a.error) return <Failed key={records[i]} err={a.error} retry={() => void a.refetch()} />
        if (!a.data) return <Waiting key={records[i]} />
        return <Sheets key={records[i]} paper={filled(a.data, opened[records[i]] ?? {})} counted={counted} />
      })}
    </div>
  )
}

/** privateOf reads the values that a paper lacks from the bureau's vault; whoever reads them is logged. */
async function privateOf(paper: Paper): Promise<Record<string, string>> {
  const answer = await got(api.GET('/v1/records/{id}/private', { params: { path: { id: paper.record } } }))
  return Object.fromEntries(answer.items.flatMap((item) => (typeof item.value === 'string' ? [[item.field, item.value as string]] : [])))
}
