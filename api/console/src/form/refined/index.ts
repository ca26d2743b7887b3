import { forms as assistance } from './assistance'
import { forms as caseTransfer } from './case_transfer'
import { forms as leadTransfer } from './lead_transfer'
import { forms as penaltyPush } from './penalty_push'
import type { Caution, Refinement, Take } from './refinement'
import { forms as unqualified } from './unqualified'

/** refined are the procedures whose forms are refined by hand, the five most used, and their events. */
export const refined: Record<string, Record<string, Refinement>> = {
  assistance,
  case_transfer: caseTransfer,
  lead_transfer: leadTransfer,
  penalty_push: penaltyPush,
  unqualified,
}

/** refinementOf is how an event's form is refined; undefined when it is made of the law alone. */
export const refinementOf = (procedure: string, event: string): Refinement | undefined => refined[procedure]?.[event]

/** sheetCautions are what to think of before rows of a sheet take these steps. */
export function sheetCautions(procedure: string, steps: string[]): Caution[] {
  const all = steps.flatMap((step) => refinementOf(procedure, step)?.cautions ?? []).filter((c) => c.sheet)
  return all.filter((c, i) => all.indexOf(c) === i)
}

/** Way leads from a record to the form of a procedure that may follow from it. */
export interface Way {
  procedure: string
  field: string // names the record in that form
  take: Take
}

/** onwardFrom are the forms that may follow from a record of a procedure. */
export const onwardFrom = (procedure: string): Way[] =>
  Object.entries(refined).flatMap(([name, forms]) => {
    const origin = forms.open?.origin
    const take = origin?.from[procedure]
    return origin && take ? [{ procedure: name, field: origin.field, take }] : []
  })
