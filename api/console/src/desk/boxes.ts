/** The trays of a desk, as the node names them. */
export const boxes = ['todo', 'in', 'out', 'done'] as const
export type Box = (typeof boxes)[number]
