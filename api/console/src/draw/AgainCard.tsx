import { CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined } from '@ant-design/icons'
import { Alert, Button } from 'antd'
import { useEffect, useState } from 'react'
import type { Draw } from '../api/client'
import { Refusal } from '../frame/refusal'
import { useSpeech } from '../i18n/lang'
import { useNames } from '../record/names'
import { verdictOf, type Again, type Finding } from './finding'
import { maxFile } from './text'
import { useAgain, type Own } from './useAgain'

const parts = ['pool', 'rule', 'contributions', 'seed', 'ranking', 'selected', 'reserves'] as const

/** AgainCard draws again in this browser and says what agrees and what differs. */
export function AgainCard({ draw, done }: { draw: Draw; done: (again: Again | null) => void }) {
  const { t } = useSpeech()
  const { progress, begin } = useAgain(draw.id)
  const [own, setOwn] = useState<Own>({})
  const again = progress.at === 'done' ? progress.again : null
  useEffect(() => done(again), [again, done])
  const busy = progress.at === 'reading' || progress.at === 'drawing'
  return (
    <div className="again">
      <p className="quiet">{t('draw.again.help')}</p>
      <Button type="primary" loading={busy} onClick={() => begin(own)}>
        {t(again ? 'draw.again.more' : 'draw.again.go')}
      </Button>
      <details className="again-own" open={!draw.pool.held || !draw.rule.held || undefined}>
        <summary>{t('draw.again.own')}</summary>
        <p className="quiet">{t('draw.again.own.help')}</p>
        {(['pool', 'rule'] as const).map((part) => (
          <label key={part} className="member">
            <span>{t(`draw.${part}`)}</span>
            <input type="file" accept=".txt,.pool,.rule,text/plain" onChange={(e) => void textOf(e.target.files?.[0]).then((text) => setOwn((o) => ({ ...o, [part]: text })))} />
          </label>
        ))}
      </details>
      <div role="status">
        {progress.at === 'reading' && <p className="quiet">{t('draw.again.reading')}</p>}
        {progress.at === 'drawing' && (
          <p className="quiet">
            <progress max={progress.of} value={progress.step} aria-label={t('draw.again')} /> {t('draw.again.step', { n: progress.step, of: progress.of })}
          </p>
        )}
        {again && <Outcome again={again} />}
      </div>
      {progress.at === 'failed' && <Refusal err={progress.err} />}
    </div>
  )
}

const textOf = async (file: File | undefined) => (file && file.size <= maxFile ? await file.text() : undefined)

function Outcome({ again }: { again: Again }) {
  const { t } = useSpeech()
  const verdict = verdictOf(again.findings)
  const n = again.findings.filter((f) => f.verdict === 'differs').length
  return (
    <>
      <Alert
        className={`verdict-${verdict}`}
        type={verdict === 'agrees' ? 'success' : verdict === 'differs' ? 'error' : 'info'}
        showIcon
        title={t(`draw.again.${verdict}`, { n })}
        description={verdict === 'differs' ? t('draw.again.mend') : undefined}
      />
      <dl className="again-parts">
        {parts.map((part) => (
          <div key={part}>
            <dt>{t(`draw.part.${part}`)}</dt>
            <dd>
              {again.findings
                .filter((f) => f.part === part)
                .map((f, i) => (
                  <Line key={i} of={f} />
                ))}
            </dd>
          </div>
        ))}
      </dl>
    </>
  )
}

/** useWording words a finding. */
export function useWording() {
  const { t } = useSpeech()
  const names = useNames()
  return (f: Finding) => t(`draw.found.${f.say}`, typeof f.with.region === 'string' ? { ...f.with, region: names.region(f.with.region) } : f.with)
}

function Line({ of: f }: { of: Finding }) {
  const wording = useWording()
  const icon = f.verdict === 'agrees' ? <CheckCircleOutlined /> : f.verdict === 'differs' ? <CloseCircleOutlined /> : <ClockCircleOutlined />
  return (
    <span className={`again-line ${f.verdict === 'agrees' ? 'good' : f.verdict === 'differs' ? 'bad' : 'quiet'}`}>
      {icon} {wording(f)}
    </span>
  )
}
