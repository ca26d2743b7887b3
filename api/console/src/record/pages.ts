/** recordPage is the page that every record has, whatever its procedure. */
export const recordPage = (id: string) => `/record/${id}`

/** pages are the procedures whose records have a page made by hand besides. */
const pages: Record<string, string> = { draw: '/draw/', assignment: '/mission/', mi_plan: '/plan/', data_set: '/data/', data_agreement: '/agreement/' }

/** ownPage is the page made for records of a procedure; undefined when there is none. */
export const ownPage = (procedure: string, id: string): string | undefined => (procedure in pages ? pages[procedure] + id : undefined)
