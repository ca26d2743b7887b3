import { CheckCircleOutlined, CloseCircleOutlined, MinusCircleOutlined, QuestionCircleOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useEffect, useRef } from 'react'
import { Panel } from '../frame/Panel'
import { save } from '../util/save'
import { useSpeech } from '../i18n/lang'
import { lookOf } from '../audit/look'
import { Looks } from '../audit/Looks'
import { worst, type Finding, type Look, type Report, type Result, type Summary } from './core/report'

const checks = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const
const looks: Record<Result | '', { cls: string; icon: React.ReactNode; word: 'verify.result.PASS' | 'verify.result.FAIL' | 'verify.result.INDETERMINATE' | 'verify.result.none' }> = {
  PASS: { cls: 'good', icon: <CheckCircleOutlined />, word: 'verify.result.PASS' },
  FAIL: { cls: 'bad', icon: <CloseCircleOutlined />, word: 'verify.result.FAIL' },
  INDETERMINATE: { cls: 'near', icon: <QuestionCircleOutlined />, word: 'verify.result.INDETERMINATE' },
  '': { cls: 'quiet', icon: <MinusCircleOutlined />, word: 'verify.result.none' },
}

/** Findings is a report: the conclusion, then the nine checks with every sentence. */
export function Findings({ report: r, name }: { report: Report; name: string }) {
  const { t, lang } = useSpeech()
  const top = useRef<HTMLDivElement>(null)
  useEffect(() => top.current?.focus(), [r])
  const look = looks[r.result]
  const file = () => save(new Blob([JSON.stringify({ ...r, by: 'browser' }, null, 1)], { type: 'application/json' }), `${name}.report.json`)
  return (
    <Panel
      title={t('verify.report')}
      extra={
        <Button size="small" onClick={file}>
          {t('verify.save')}
        </Button>
      }
    >
      <div ref={top} tabIndex={-1} className={`verdict verdict-${look.cls}`} role="status">
        <b>
          {look.icon} {t(look.word)}
        </b>
        <span>{r.verdict[lang]}</span>
      </div>
      <dl className="facts">
        <dt>{t('verify.file')}</dt>
        <dd>
          {name} · {t(`verify.filekind.${r.kind}` as 'verify.filekind.log')}
        </dd>
        {r.origin && (
          <>
            <dt>{t('verify.checkpoint')}</dt>
            <dd>{t('verify.size', { origin: r.origin, n: r.size })}</dd>
          </>
        )}
        <dt>{t('verify.network')}</dt>
        <dd>
          {r.name} <code className="digest">{r.network}</code>
        </dd>
      </dl>
      <ol className="checks">
        {checks.map((n) => (
          <Check key={n} n={n} found={r.findings.filter((f) => f.check === n)} result={worst(r.findings, n)} />
        ))}
      </ol>
      {r.looks && (
        <>
          <h3>{t('verify.looks')}</h3>
          {logsOf(r.looks).map(({ node, items, anchored }) => (
            <div key={node}>
              <h4>{node}</h4>
              <Looks items={items} anchored={anchored} />
            </div>
          ))}
        </>
      )}
      {r.limits.length > 0 && (
        <>
          <h3>{t('verify.limits')}</h3>
          <ul className="limits-list">
            {r.limits.map((l) => (
              <li key={l.en}>{l[lang]}</li>
            ))}
          </ul>
        </>
      )}
      {r.summary && r.summary.entries > 0 && <Counts s={r.summary} />}
      <p className="quiet">{t('verify.node')}</p>
    </Panel>
  )
}

/** logsOf are looks by the log that they stand in. */
function logsOf(looks: Look[]) {
  const names = [...new Set(looks.map((l) => `${l.node} / ${l.log}`))]
  return names.map((node) => {
    const of = looks.filter((l) => `${l.node} / ${l.log}` === node)
    return { node, items: of.map((l) => ({ index: l.index, look: lookOf(l.entry) })), anchored: Math.max(0, ...of.filter((l) => l.anchored).map((l) => l.index + 1)) }
  })
}

function Check({ n, found, result }: { n: (typeof checks)[number]; found: Finding[]; result: Result | '' }) {
  const { t, lang } = useSpeech()
  const look = looks[result]
  return (
    <li>
      <div className="check-head">
        <span>
          {n} {t(`verify.check.${n}`)}
        </span>
        <b className={look.cls}>
          {look.icon} {t(look.word)}
        </b>
      </div>
      <ul>
        {found.map((f, i) => (
          <li key={i} className={f.result === 'PASS' ? '' : looks[f.result].cls}>
            {looks[f.result].icon} {f[lang]}
          </li>
        ))}
      </ul>
    </li>
  )
}

function Counts({ s }: { s: Summary }) {
  const { t, named } = useSpeech()
  return (
    <details>
      <summary>{t('verify.summary')}</summary>
      {s.from && s.to && <p>{t('verify.span', { from: s.from, to: s.to })}</p>}
      <table className="records">
        <thead>
          <tr>
            <th scope="col">{t('verify.kinds')}</th>
            <th scope="col">{t('verify.n')}</th>
          </tr>
        </thead>
        <tbody>
          {s.kinds.map((k) => (
            <tr key={k.kind}>
              <td data-label={t('verify.kinds')}>{k.kind}</td>
              <td data-label={t('verify.n')}>{k.n}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <table className="records">
        <thead>
          <tr>
            <th scope="col">{t('verify.actors')}</th>
            <th scope="col">{t('verify.n')}</th>
          </tr>
        </thead>
        <tbody>
          {s.actors.map((a) => (
            <tr key={[a.region, a.org, a.role].join()}>
              <td data-label={t('verify.actors')}>
                {a.region} · {a.org} · {named(`role.${a.role}`, a.role)}
              </td>
              <td data-label={t('verify.n')}>{a.acts}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
