import { useSpeech } from '../i18n/lang'
import type { Column } from './model'

/** Columns are what a row of a data set holds. */
export function Columns({ list, label }: { list: Column[]; label: string }) {
  const { t, of, aside } = useSpeech()
  return (
    <table className="records" aria-label={label}>
      <thead>
        <tr>
          {(['title', 'name', 'type', 'class', 'form'] as const).map((c) => (
            <th scope="col" key={c}>
              {t(`data.col.${c}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {list.map((c) => (
          <tr key={c.name}>
            <td>
              {of(c.title)}
              {c.unit && <span className="quiet">{aside(c.unit)}</span>}
            </td>
            <td data-label={t('data.col.name')}>
              <code>{c.name}</code>
            </td>
            <td data-label={t('data.col.type')}>{t(`data.type.${c.type}`)}</td>
            <td data-label={t('data.col.class')}>
              <span className={c.class === 'clear' ? '' : 'near'}>{t(`data.class.${c.class}`)}</span>
            </td>
            <td data-label={t('data.col.form')}>
              <Form of={c} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Form says what values of a column look like. */
function Form({ of: c }: { of: Column }) {
  const { t, mark } = useSpeech()
  const said = [
    c.key && t('data.form.key'),
    c.max !== undefined && t('data.form.max', { n: c.max }),
    c.places !== undefined && t('data.form.places', { n: c.places }),
    c.choices && c.choices.join(mark.list),
    c.may_lack && t('data.form.lack'),
  ].filter(Boolean)
  return said.length > 0 ? said.join(' · ') : <span className="quiet">—</span>
}
