import type { FormValues } from './model'

// What stands in forms that are not submitted, for as long as this page is loaded: a
// session that ends, a step that is folded up, a look at another page take nothing away.
// It is on no disk, and nobody but the person who wrote it gets to see it.

/** So many forms are kept; the oldest give way. */
const formsMax = 20

let writer = ''
const forms = new Map<string, FormValues>()

/** keptOf is what a person left in a form. */
export const keptOf = (person: string, form: string): FormValues | undefined => (person === writer ? forms.get(form) : undefined)

/** keepForm keeps what stands in a form, or, undefined, nothing any more. */
export function keepForm(person: string, form: string, values: FormValues | undefined) {
  if (person !== writer) forgetForms()
  writer = person
  forms.delete(form)
  if (values === undefined) return
  forms.set(form, values)
  for (const oldest of forms.keys()) {
    if (forms.size <= formsMax) break
    forms.delete(oldest)
  }
}

/** forgetForms is for whoever signs out, and before somebody else begins. */
export function forgetForms() {
  writer = ''
  forms.clear()
}
