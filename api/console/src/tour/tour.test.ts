import { expect, test } from 'vitest'
import { screens } from '../screens'
import { administrators } from '../session/roles'
import { markOf, nowSeen, wasSeen } from './seen'
import { tourOf } from './tours'

const roles = ['clerk', 'officer', 'unit_head', 'bureau_head', 'legal', 'liaison', 'lead', 'expert', 'auditor', ...administrators]

test('every role has a tour that ends with help, says nothing twice, and is short', () => {
  for (const role of roles) {
    const stops = tourOf([role])
    expect(stops.length, role).toBeGreaterThan(1)
    expect(stops.length, role).toBeLessThan(7)
    expect(stops[stops.length - 1].to, role).toBe('/help')
  }
  const both = tourOf(['clerk', 'liaison']).map((s) => s.text)
  expect(new Set(both).size).toBe(both.length)
  expect(tourOf(['nobody'])).toEqual([])
})

test('a tour leads only to screens that its role is shown', () => {
  for (const role of roles) {
    for (const { to } of tourOf([role])) {
      if (to === '/') expect(administrators, role).not.toContain(role)
      else {
        const screen = screens.find((s) => `/${s.path}` === to)
        expect(screen, `${role}: ${to}`).toBeDefined()
        expect(screen?.for?.([role]) ?? true, `${role}: ${to}`).toBe(true)
      }
    }
  }
})

test('a mark says nothing of a person, and is of the person in the offices held', () => {
  const mark = markOf('110000', 'p-zhang', ['clerk', 'officer'])
  expect(mark).toMatch(/^[0-9a-f]{8}$/)
  expect(markOf('110000', 'p-zhang', ['officer', 'clerk'])).toBe(mark)
  expect(new Set([mark, markOf('120000', 'p-zhang', ['clerk', 'officer']), markOf('110000', 'p-li', ['clerk', 'officer']), markOf('110000', 'p-zhang', ['clerk'])]).size).toBe(4)
})

test('what was seen stays seen where nothing can be stored', () => {
  expect(wasSeen('00000001')).toBe(false)
  nowSeen('00000001') // vitest has no localStorage
  nowSeen('00000002')
  expect(wasSeen('00000001')).toBe(true)
  expect(wasSeen('00000003')).toBe(false)
})
