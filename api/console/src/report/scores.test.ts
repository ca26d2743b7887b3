import { expect, test } from 'vitest'
import { placed, scoresOf } from './scores'

test('scores stand by measurand, in their order, those without one last', () => {
  const fields = {
    measurands: [{ code: 'Pb', name: '铅' }],
    scores: [
      { lab_ref: 'a', measurand: 'Pb', score: '2.10', verdict: 'questionable' },
      { lab_ref: 'b', measurand: 'Pb', verdict: 'no_result' },
      { lab_ref: 'c', measurand: 'Pb', score: '-0.84', verdict: 'satisfactory' },
      { lab_ref: 'a', measurand: 'Cd', score: '0.10', verdict: 'satisfactory' },
    ],
  }
  const found = scoresOf(fields)
  expect(found.map((m) => m.name)).toEqual(['Cd', '铅'])
  expect(found[1].scores.map((s) => s.lab_ref)).toEqual(['c', 'a', 'b'])
  expect(scoresOf({})).toEqual([])
})

test('what lies outside the axis stands at its edge', () => {
  expect(placed('0')).toBe(0.5)
  expect(placed('-12.5')).toBe(0)
  expect(placed('99')).toBe(1)
})
