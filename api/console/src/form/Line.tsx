import type { ComponentType } from 'react'
import { useSpeech } from '../i18n/lang'
import type { Label } from '../i18n/lang'
import type { Field } from '../law/document'
import { Shown } from '../record/Fields'
import { FieldInput, useHint } from './Inputs'
import { asTyped, type FormField, type FormValue } from './model'
import { Cautions } from './Cautions'
import type { Caution, Offer } from './refined/refinement'

/** Inputs are inputs that a page brings for fields of its procedure, by name, instead of those of their types. */
export type Inputs = Record<string, ComponentType<{ field: Field; id: string; value: FormValue; onChange: (value: FormValue) => void }>>

interface Props {
  of: FormField
  input?: Inputs[string]
  present: unknown
  value: FormValue
  error?: string
  hint?: Label // what goes here, in the words of who refined the form
  needed?: boolean | 'either' // the law asks for it in this case
  offer?: Offer
  cautions?: Caution[] // undefined where none is ever said of this field
  onChange: (v: FormValue) => void
}

/** Line is a field of a form: its name, what goes there, what can be taken over, the input and what is wrong with it. */
export function Line({ of: f, input: Own, present, value, error, hint: own, needed, offer, cautions, onChange }: Props) {
  const { of, t, mark } = useSpeech()
  const hint = useHint()
  const id = `f-${f.field.name}`
  const help = [own && of(own), !Own && hint(f.field, own !== undefined)].filter(Boolean).join(' · ')
  const described = [error && `${id}-e`, help && `${id}-h`].filter(Boolean).join(' ') || undefined
  const grouped = ['materials', 'intervals', 'list', 'object', 'officer'].includes(f.field.type)
  const label = (
    <>
      {of(f.field)} <span className={f.required || needed ? 'must' : 'quiet'}>{t(f.required ? 'act.required' : needed === 'either' ? 'act.either' : needed ? 'act.needed' : 'act.optional')}</span>
    </>
  )
  return (
    <div className={`line ${error ? 'line-wrong' : ''}`}>
      {grouped ? <span className="line-label">{label}</span> : <label className="line-label" htmlFor={id}>{label}</label>}
      {help && (
        <span className="quiet hint" id={`${id}-h`}>
          {help}
        </span>
      )}
      {present !== undefined && typeof present !== 'object' && (
        <span className="present">
          <span className="quiet">{t('act.now')}</span> <Shown field={f.field} value={present} />{' '}
          <button type="button" className="linkish" aria-label={`${t('act.same')}${mark.colon}${of(f.field)}`} onClick={() => onChange(asTyped(f.field, present))}>
            {t('act.same')}
          </button>
        </span>
      )}
      {offer && (value === undefined || value === '') && (
        <span className="present">
          <span className="quiet">{t('act.offer', { why: of(offer.why) })}</span> <Shown field={f.field} value={offer.value} />{' '}
          <button type="button" className="linkish" aria-label={`${t('act.take')}${mark.colon}${of(f.field)}`} onClick={() => onChange(offer.value)}>
            {t('act.take')}
          </button>
        </span>
      )}
      {Own ? (
        <Own field={f.field} id={id} value={value} onChange={onChange} />
      ) : (
        <FieldInput field={f.field} id={id} value={value} onChange={onChange} described={described} invalid={error !== undefined} required={f.required} label={grouped ? of(f.field) : undefined} />
      )}
      {error && (
        <span className="wrong" id={`${id}-e`}>
          {error}
        </span>
      )}
      {cautions && <Cautions held={cautions} />}
    </div>
  )
}
