import { useSpeech } from '../i18n/lang'
import type { Field } from '../law/document'
import { Shown } from '../record/Fields'
import { unfinished, wire, type FormField, type FormValues } from './model'
import type { Need, Part } from './refined/refinement'

/** So much of a long text is shown again. */
const textMax = 90

/** Summary shows what would be signed, where each value goes, and what is missing. */
export function Summary({ parts, values, needed }: { parts: Part[]; values: FormValues; needed: (f: FormField) => ReturnType<Need> }) {
  const { t, of, mark } = useSpeech()
  const fields = parts.flatMap((part) => [...part.main, ...part.more])
  const filled = fields.flatMap(({ field }) => {
    const value = wire(field, values[field.name ?? ''])
    return value === undefined ? [] : [{ field, value }]
  })
  const empty = fields.filter((f) => !filled.some((x) => x.field === f.field))
  const either = empty.filter((f) => needed(f) === 'either').map((f) => of(f.field))
  const begun = filled.filter((x) => unfinished(x.field, x.value)).map((x) => t('act.check.begun', { field: of(x.field) }))
  const missing = [...begun, ...empty.filter((f) => f.required || needed(f) === true).map((f) => of(f.field)), ...(either.length > 0 ? [either.join(t('act.or'))] : [])]
  return (
    <section className="summary" aria-label={t('act.check')}>
      <h3>{t('act.check')}</h3>
      {filled.length === 0 ? (
        <p className="quiet">{t('act.check.none')}</p>
      ) : (
        <dl className="fields">
          {filled.map(({ field, value }) => (
            <div key={field.name} className="field">
              <dt>
                {of(field)}
                {field.see === 'home' && ` · ${t('hint.home')}`}
                {field.see === 'commit' && ` · ${t('hint.commit')}`}
              </dt>
              <dd>
                <Brief field={field} value={value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      <p className={missing.length > 0 ? 'near' : 'good'}>{missing.length > 0 ? t('act.check.missing', { n: missing.length, what: missing.join(mark.list) }) : t('act.check.complete')}</p>
    </section>
  )
}

/** Brief is a value as the record will show it, long ones cut, lists and files counted. */
function Brief({ field, value }: { field: Field; value: unknown }) {
  const { t } = useSpeech()
  if (field.type === 'commitment') return <>{t('act.check.file')}</>
  if (field.type === 'materials' && Array.isArray(value)) return <>{t('act.check.files', { n: value.length })}</>
  if (Array.isArray(value) && value.some((item) => typeof item === 'object')) return <>{t('act.check.items', { n: value.length })}</>
  if (typeof value === 'string' && [...value].length > textMax) return <>{[...value].slice(0, textMax).join('')}…</>
  return <Shown field={field} value={value} />
}
