import { createContext } from 'react'

/** OnTheWay tells a form that a file has set out for the vault (1) or is no longer on its way (-1): nothing is signed without it. */
export const OnTheWay = createContext<(change: 1 | -1) => void>(() => undefined)
