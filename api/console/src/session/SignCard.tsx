import type { ReactNode } from 'react'
import { LanguageSwitch } from '../frame/LanguageSwitch'

/** SignCard is the page of whoever is not let in yet. */
export function SignCard({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="sign" id="content">
      <div className="sign-card">
        <div className="sign-head">
          <img src="/console/favicon.svg" alt="" width={40} height={40} />
          <h1>{title}</h1>
          <LanguageSwitch />
        </div>
        {children}
      </div>
    </main>
  )
}
