import type { RecordRow } from '../api/client'
import { daysBetween } from '../util/time'

/** Count is how many there are, as far as it is known: exactly, at least so many, or not at all. */
export interface Count {
  n: number
  exact: boolean
}

export interface Figures {
  overdue: Count
  soon: Count // due within soonDays
  owed: Count
}

export const soonDays = 3

/**
 * figuresOf counts what a region owes in the first page of its records, earliest running
 * limit first. What stands on later pages is due no earlier than the last row of this one,
 * so a count is exact as soon as that row is past what is counted.
 */
export function figuresOf(rows: RecordRow[], more: boolean, today: string, region: string): Figures {
  const ours = rows.flatMap((row) => row.dues?.find((d) => d.region === region) ?? [])
  const near = (due: string) => daysBetween(today, due) <= soonDays
  const last = (rows[rows.length - 1]?.dues ?? []).reduce<{ due: string; overdue: boolean } | undefined>((first, d) => (!first || d.due < first.due ? d : first), undefined)
  return {
    overdue: { n: ours.filter((d) => d.overdue).length, exact: !more || (last !== undefined && !last.overdue) },
    soon: { n: ours.filter((d) => !d.overdue && near(d.due)).length, exact: !more || (last !== undefined && !near(last.due)) },
    owed: { n: ours.length, exact: !more },
  }
}
