// What somebody's roles mean for the pages shown. The node's gate decides for
// itself: a page that is hidden here would be refused there.

/** Offices read and act; whoever runs the node has no business in the files. */
export const readsRecords = (roles: string[]) => roles.some((role) => role !== 'operator')

/** Who acts in an office; auditors read. */
export const takesPart = (roles: string[]) => roles.some((role) => role !== 'operator' && role !== 'auditor')
