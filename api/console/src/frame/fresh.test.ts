import { expect, test } from 'vitest'
import { cosigning, secondsOld } from './fresh'

const regions = ['a', 'b', 'c'].map((code) => ({ code, name: { zh: code, en: code }, nodes: [] }))
const point = (size: number, by: number) => ({ size, root: '', cosigned_by: ['a', 'b', 'c'].slice(0, by) })

test('the age is what the node said plus what passed here', () => {
  expect(secondsOld({ size: 1, ageMs: 1500, at: 1000 }, 3000)).toBe(4)
  expect(secondsOld({ size: 1, ageMs: 0, at: 5000 }, 3000)).toBe(0)
})

test('cosigned by all, by some, behind, by nobody', () => {
  const of = (checkpoints: object) => cosigning({ regions, checkpoints: { cosigned: 0, evidence: [], others: [], ...checkpoints } }, 1043)
  expect(of({ published: point(1043, 3), final: point(1043, 3) })).toEqual({ by: 3, of: 3, upTo: 1042, behind: false })
  expect(of({ published: point(1043, 2), final: point(1000, 3) })).toEqual({ by: 2, of: 3, upTo: 1042, behind: false })
  expect(of({ published: point(1040, 2), final: point(1000, 3) })).toEqual({ by: 3, of: 3, upTo: 999, behind: true })
  expect(of({})).toBeNull()
})
