// What somebody's roles mean for the pages shown. The node's gate decides for
// itself: a page that is hidden here would be refused there.

/** The three administrators: of the system, of accounts, of the log of what the other two did. */
export const administrators = ['operator', 'security_admin', 'audit_admin']

/** Offices read and act; administrators have no business in the files. */
export const readsRecords = (roles: string[]) => roles.some((role) => !administrators.includes(role))

/** Who acts in an office; auditors read. */
export const takesPart = (roles: string[]) => roles.some((role) => !administrators.includes(role) && role !== 'auditor')

/** holds is a rule for screens of one kind of people or of several. */
export const holds =
  (...wanted: string[]) =>
  (roles: string[]) =>
    roles.some((role) => wanted.includes(role))

/** beginsWith is where somebody who reads no records begins. */
export const beginsWith = (roles: string[]) => (holds('security_admin')(roles) ? '/accounts' : holds('audit_admin')(roles) ? '/acts' : '/nodes')
