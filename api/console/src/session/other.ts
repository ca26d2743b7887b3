import type { Standing } from './session'

/** personOf tells people apart who use one browser, and the offices that one person comes in with. */
export const personOf = (who: Pick<Standing, 'region' | 'org' | 'person' | 'roles'>) => [who.region.code, who.org.code, who.person, ...[...who.roles].sort()].join('\n')
