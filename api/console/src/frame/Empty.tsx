import type { ReactNode } from 'react'
import { Link } from 'react-router'

/** Empty stands where there is nothing: why, and where to go on. */
export function Empty({ children, to, go }: { children: ReactNode; to?: string; go?: string }) {
  return (
    <div className="empty">
      <p>{children}</p>
      {to && <Link to={to}>{go}</Link>}
    </div>
  )
}
