import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Org } from '../../api/client'
import type { Field } from '../../law/document'
import type { FormField } from '../model'
import { onwardFrom, refined, refinementOf, sheetCautions } from '.'
import { bureau, bureauOf, carried, cautionsOf, divisionOf, originOf, partsOf, registered, within, type Known, type Refinement } from './refinement'

interface Event {
  name?: string
  require?: string[]
  optional?: string[]
}
interface Text {
  fields: Record<string, { type: string }>
  open: Event
  events: Event[]
}

const lawOf = (name: string) => parse(readFileSync(new URL(`../../../../../consensus/procedure/law/${name}.yaml`, import.meta.url), 'utf8')) as Text
const every = Object.entries(refined).flatMap(([procedure, forms]) => Object.entries(forms).map(([event, form]) => ({ procedure, event, form, law: lawOf(procedure) })))
const eventsOf = (law: Text, name: string) => (name === 'open' ? [law.open] : law.events.filter((e) => e.name === name))
const none: Known = { org: '110000-SJ', region: '110000', today: '2025-11-10', orgs: [], fields: {} }
const orgs = ['110000-SJ', '120114-SJ', '130000-SJ', '130600-SJ'].map((code) => ({ code, region: code.slice(0, 2) + '0000', name: { zh: code, en: code }, level: 'city' }) as Org)

test('five procedures are refined, each form of an event that the law has', () => {
  expect(Object.keys(refined).length).toBe(5)
  for (const { procedure, event, law } of every) expect(eventsOf(law, event), `${procedure} ${event}`).not.toEqual([])
})

test('whatever a refinement speaks of is a field of its event, and stands in one group', () => {
  for (const { procedure, event, form, law } of every) {
    const has = new Set(eventsOf(law, event).flatMap((e) => [...(e.require ?? []), ...(e.optional ?? [])]))
    const grouped = form.groups.flatMap((g) => [...g.fields, ...(g.more ?? [])])
    const at = `${procedure} ${event}`
    for (const name of grouped) expect(has, `${at}: ${name}`).toContain(name)
    expect(new Set(grouped).size, at).toBe(grouped.length)
    expect([...has].filter((name) => !grouped.includes(name)), `${at}: no group has these`).toEqual([])
    for (const name of [...Object.keys(form.needs ?? {}), ...Object.keys(form.offers ?? {}), ...(form.origin ? [form.origin.field] : [])]) expect(has, `${at}: ${name}`).toContain(name)
    for (const [name, folded] of form.groups.flatMap((g) => (g.more ?? []).map((n) => [n, g] as const))) expect(eventsOf(law, event).every((e) => e.require?.includes(name)), `${at}: ${name} is mandatory and folded in ${folded.title.en}`).toBe(false)
  }
})

test('hints are in both languages, say what is invented, and each belongs to some form of its procedure', () => {
  const cited = /GB \d|1310\d\d|12 位|Twelve|4800|常用/
  for (const { procedure, event, form } of every) {
    for (const [name, hint] of Object.entries(form.hints ?? {})) {
      expect(hint.zh !== '' && hint.en !== '', `${procedure} ${event} ${name}`).toBe(true)
      expect(hint.en, 'straight quotation marks').not.toMatch(/[\u2018-\u201d]/)
      if (/例/.test(hint.zh) && !cited.test(hint.zh)) expect(hint.zh + hint.en, `${procedure} ${event} ${name}`).toMatch(/虚构[\s\S]*invented/)
    }
    for (const c of form.cautions ?? []) {
      expect(c.text.zh !== '' && c.text.en !== '' && c.cite !== '').toBe(true)
      if (c.at) expect(Object.keys(lawOf(procedure).fields), `${procedure} ${event}`).toContain(c.at)
    }
  }
})

test('what is carried over exists on both sides', () => {
  for (const { procedure, form, law } of every) {
    for (const [source, take] of Object.entries(form.origin?.from ?? {})) {
      const from = lawOf(source)
      for (const [to, names] of Object.entries(take)) {
        expect(Object.keys(law.fields), `${procedure}: ${to}`).toContain(to)
        for (const name of [names].flat()) expect(Object.keys(from.fields), `${procedure} from ${source}: ${name}`).toContain(name)
      }
    }
  }
})

test('a form nobody refined is one part; what a refinement does not know stands in a part of its own', () => {
  const f = (name: string, required: boolean): FormField => ({ field: { name, type: 'string', zh: name, en: name } as Field, required })
  const fields = [f('a', true), f('b', true), f('c', false), f('d', false)]
  const names = (parts: ReturnType<typeof partsOf>) => parts.map((p) => [p.title?.en, p.main.map((x) => x.field.name), p.more.map((x) => x.field.name)])
  expect(names(partsOf(fields))).toEqual([[undefined, ['a', 'b'], ['c', 'd']]])
  const form: Refinement = { groups: [{ title: { zh: '一', en: 'one' }, fields: ['c', 'gone'], more: ['a'] }, { title: { zh: '二', en: 'two' }, fields: ['gone'] }] }
  // A field that a new law makes mandatory is not left folded.
  expect(names(partsOf(fields, form))).toEqual([
    ['one', ['c', 'a'], []],
    ['Other', ['b'], ['d']],
  ])
})

test('the warning of article 10: whoever sends a lead about a shop on a platform decides first', () => {
  for (const [procedure, event] of [['lead_transfer', 'open'], ['lead_transfer', 'send'], ['case_transfer', 'open'], ['case_transfer', 'send']]) {
    const of = (ground: string) => cautionsOf(refinementOf(procedure, event), {}, { ...none, fields: { jurisdiction_ground: ground } }).filter((c) => c.cite.includes('第12条'))
    expect(of('art10_2').length, `${procedure} ${event}`).toBe(1)
    expect(of('art7').length, `${procedure} ${event}`).toBe(0)
    expect(of('art10_2')[0].text.en).toMatch(/art\. 12/)
  }
  expect(sheetCautions('lead_transfer', ['open', 'send']).map((c) => c.cite), 'once for all rows').toEqual(['程序规定 第10条第2款、第12条'])
  expect(sheetCautions('expert', ['open'])).toEqual([])
  const ground = (lawOf('lead_transfer').fields.jurisdiction_ground as unknown as { values: Record<string, unknown> }).values
  expect(Object.keys(ground)).toContain('art10_2') // the law still calls it so
})

test('cautions follow what is typed over what the record says', () => {
  const form = refinementOf('case_transfer', 'open')
  const cites = (values: Record<string, string>) => cautionsOf(form, values, none).map((c) => c.cite)
  expect(cites({})).toEqual([])
  expect(cites({ party_kind: 'natural_person', party_name: '张三' })).toEqual(['程序规定 第5条'])
  expect(cites({ party_kind: 'natural_person', party_name: '张*' })).toEqual([])
  expect(cites({ seizure_expires: '2025-11-20' })).toEqual(['程序规定 第38条'])
  expect(cites({ seizure_expires: '2026-02-20' })).toEqual([])
  expect(cites({ filed_on: '2025-11-11' })).toEqual(['程序规定 第14条'])
})

test('a division comes from a credit code, a bureau from a division', () => {
  expect(divisionOf(' 91131003XXXX00027R ')).toBe('131003')
  expect(divisionOf('91131003')).toBeUndefined()
  expect(bureauOf('120114', orgs)?.code).toBe('120114-SJ')
  expect(bureauOf('130602', orgs)?.code).toBe('130600-SJ')
  expect(bureauOf('131003', orgs)?.code).toBe('130000-SJ')
  expect(bureauOf('370000', orgs)).toBeUndefined()
  expect([within(' 131003 ', '130000'), within('110000', '130000'), within('13', '130000'), within(undefined, '130000')]).toEqual([true, false, false, false])
  expect(registered('u')({ u: '91131003XXXX00027R' })?.value).toBe('131003')
  expect(bureau('d')({ d: '131003' }, { ...none, orgs })?.value).toBe('130000-SJ')
  expect(bureau('d')({ d: '110000' }, { ...none, orgs }), 'nobody is offered their own bureau').toBeUndefined()
})

test('a record brings along what follows from it, plain values only', () => {
  expect(carried({ a: 'x', b: ['y', 'z'], c: 'list' }, { x: 1, z: 'Z', list: ['q'] })).toEqual({ a: '1', b: 'Z' })
  expect(originOf(refinementOf('assistance', 'open'), { origin_record: ' ct-110000-2025-000045 ' })).toBe('CT-110000-2025-000045')
  expect(originOf(refinementOf('assistance', 'open'), { origin_record: 'CT-1' })).toBeUndefined()
  expect(onwardFrom('case_transfer').map((w) => w.procedure)).toEqual(['assistance', 'penalty_push'])
})

test('what is certain is filled in, what was asked is listed', () => {
  const begin = (procedure: string, event: string, fields: Record<string, unknown>) => refinementOf(procedure, event)?.begins?.({ ...none, fields })
  expect(begin('case_transfer', 'send', { proposed_receiver: '130000-SJ' })).toEqual({ receiver_org: '130000-SJ' })
  expect(begin('assistance', 'reply', { matters: [{ no: 1 }, { no: 3 }] })).toEqual({ answers: [{ no: '1' }, { no: '3' }] })
  expect(begin('assistance', 'reply', {})).toEqual({})
  expect(begin('penalty_push', 'open', {})).toEqual({ authority: '110000-SJ' })
})
