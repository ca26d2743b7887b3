import { useSpeech } from '../i18n/lang'

interface Props {
  roles: string[]
  role: string
  pick: (role: string) => void
  disabled?: boolean
  className?: string
}

/** RolePick lets somebody with several offices say in which of them they act; there is nothing to pick from one. */
export function RolePick({ roles, role, pick, disabled, className = 'member' }: Props) {
  const { t, named } = useSpeech()
  if (roles.length < 2) return null
  return (
    <label className={className}>
      <span>{t('act.pickrole')}</span>
      <select className="select" value={role} disabled={disabled} onChange={(e) => pick(e.target.value)}>
        {roles.map((r) => (
          <option key={r} value={r}>
            {named(`role.${r}`, r)}
          </option>
        ))}
      </select>
    </label>
  )
}
