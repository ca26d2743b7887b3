import { FieldTimeOutlined } from '@ant-design/icons'
import { useRulesAt, useStatus } from '../api/queries'
import { useSpeech } from '../i18n/lang'
import { fieldOf, partyOf, type Document } from '../law/document'
import { minute } from '../util/time'
import { foreseen, instant, ruleOf, startsAt, type Act, type Foreseen } from './foresee'
import type { FormValues } from './model'

/** Foresight says which limits an act would start, and until when they would run, before it is signed. */
export function Foresight({ law, act, values }: { law: Document; act: Act; values: FormValues }) {
  const { t } = useSpeech()
  const status = useStatus()
  const list = foreseen(law, act, values)
  // To the day: limits are counted in days, and a question a minute would be asked for nothing.
  const now = status.data ? `${status.data.now.slice(0, 10)}T00:00` : ''
  const rules = useRulesAt(startsAt(list, now))
  if (list.length === 0) return null
  return (
    <section className="foresight" aria-label={t('act.starts')}>
      <h3>
        <FieldTimeOutlined /> {t('act.starts')}
      </h3>
      <ul>
        {list.map((f) => (
          <One key={f.limit.name} of={f} law={law} rule={ruleOf(rules[instant(f, now)] ?? [], f.limit.rule)} />
        ))}
      </ul>
    </section>
  )
}

function One({ of: f, law, rule }: { of: Foreseen; law: Document; rule: ReturnType<typeof ruleOf> }) {
  const { t, of } = useSpeech()
  const owner = of(partyOf(law, f.limit.owner))
  const from = f.from ? t('act.starts.date', { d: f.from }) : f.field ? t('act.starts.field', { field: of(fieldOf(law, f.field)) }) : f.receipt ? t('act.starts.receipt', { what: of(f.receipt) }) : t('act.starts.act')
  // A limit in hours ends at an instant that depends on when it begins: its length says all.
  const ends = rule && rule.unit !== 'h' && !f.field ? minute(rule.ends).slice(0, 10) : ''
  return (
    <li>
      <b>{of(f.limit.title)}</b>
      {rule && (
        <>
          {t('act.starts.rule', { n: rule.n, unit: t(`act.starts.${rule.unit as 'wd'}`, { n: rule.n ?? 0 }), from })}
          {ends && (
            <b>
              {t(f.from ? 'act.starts.until' : 'act.starts.today', { d: ends })}
              {rule.provisional && t('act.starts.provisional')}
            </b>
          )}
          <span className="sub">
            {rule.cite}
            {owner && ` · ${t('act.starts.owner', { who: owner })}`}
          </span>
        </>
      )}
    </li>
  )
}
