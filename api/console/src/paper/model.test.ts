import { expect, test } from 'vitest'
import { blankText, blocksOf, cutRuns, filled, paginate, pathOf, privateIn, recordsOf, textOf, type Block, type Measured, type Paper } from './model'

const paper = (more: Partial<Paper> = {}): Paper => ({
  document: 'd', procedure: 'p', record: 'CT-1', head: 'h', title: '函', body: [], ...more,
})
const block = (name: string, more: Partial<Block> = {}): Block => ({ kind: 'text', runs: [{ text: name }], ...more })
const of = (height: number, b: Block, breaks?: number[]): Measured => ({ block: b, height, breaks })
const names = (pages: Block[][]) => pages.map((p) => p.map((b) => textOf(b.runs ?? [])))

test('records of a print job come once, in order', () => {
  expect(recordsOf(' CT-2, CT-1,,CT-2')).toEqual(['CT-2', 'CT-1'])
  expect(recordsOf(null)).toEqual([])
})

test('a document in its order: the slip to be sent back comes last, on a page of its own', () => {
  const code = { index: 1, digest: 'd', text: 't', modules: 1, rows: ['8'] }
  const blocks = blocksOf(
    paper({
      number: [{ text: 'n' }], to: [{ text: 'to' }], from: [{ text: 'we' }], date: [{ text: 'today' }], materials: [{ digest: 'sc1.', kind: '书证', pages: 2 }], codes: [code, code, code, code],
      body: [{ kind: 'text', runs: [{ text: 'a' }] }, { kind: 'item', runs: [] }, { kind: 'item', runs: [] }, { kind: 'page', runs: [{ text: '回执' }] }, { kind: 'row', cells: [[{ text: 'x' }]] }],
    }),
  )
  expect(blocks.map((b) => b.kind)).toEqual(['title', 'number', 'to', 'text', 'item', 'item', 'attachments', 'attached', 'sign', 'codes', 'codes', 'title', 'row'])
  expect(blocks.filter((b) => b.kind === 'item').map((b) => textOf(b.runs ?? []))).toEqual(['1．', '2．'])
  expect(blocks[11].fresh).toBe(true)
  expect(textOf(blocks[7].runs ?? [])).toBe('1．书证，2页，摘要sc1.…')
})

test('what is missing is a line to write on, never a word', () => {
  expect(textOf([{ text: '于' }, { field: 'x', blank: 'missing' }, {}])).toBe('于' + blankText)
  const p = paper({ body: [{ kind: 'text', runs: [{ field: 'facts', blank: 'private' }, { field: 'x', blank: 'missing' }] }] })
  expect(privateIn(p)).toBe(true)
  const done = filled(p, { facts: '事实', x: 'no' })
  expect(done.body[0].runs).toEqual([{ text: '事实', field: 'facts' }, { field: 'x', blank: 'missing' }])
  expect(privateIn(done)).toBe(false)
})

test('pages are filled, paragraphs go on, the rest stays whole', () => {
  expect(names(paginate([of(60, block('a')), of(60, block('b', { kind: 'row', runs: [{ text: 'b' }] }))], 100, 10))).toEqual([['a'], ['b']])
  const long = of(60, block('0123456789ab'), [2, 4, 6, 8, 10])
  expect(names(paginate([of(70, block('a')), long], 100, 10))).toEqual([['a', '012345'], ['6789ab']])
  // Two lines at least on either page.
  expect(names(paginate([of(85, block('a')), long], 100, 10))).toEqual([['a'], ['0123456789ab']])
  expect(names(paginate([of(50, block('a')), long], 100, 10))[0][1]).toBe('01234567')
  expect(paginate([of(70, block('a')), long], 100, 10)[1][0].continued).toBe(true)
})

test('a signature does not stand alone, and nothing is lost', () => {
  const sign = block('s', { kind: 'sign', keep: true })
  expect(names(paginate([of(70, block('a')), of(20, block('b', { kind: 'to' })), of(20, sign)], 100, 10))).toEqual([['a'], ['b', 's']])
  const kept = block('k', { kind: 'attached', keep: true })
  expect(names(paginate([of(60, block('a')), of(10, block('h', { kind: 'attachments' })), of(10, kept), of(30, sign)], 100, 10))).toEqual([['a'], ['h', 'k', 's']])
  expect(names(paginate([of(300, block('huge', { kind: 'codes' })), of(20, block('b'))], 100, 10))).toEqual([['huge'], ['b']])
  expect(names(paginate([of(10, block('a')), of(10, block('r', { fresh: true }))], 100, 10))).toEqual([['a'], ['r']])
})

test('a text is cut at a character', () => {
  const runs = [{ text: 'ab' }, { blank: 'missing' as const }, { text: 'cd' }]
  expect(cutRuns(runs, 1)).toEqual([[{ text: 'a' }], [{ text: 'b' }, runs[1], runs[2]]])
  expect(cutRuns(runs, 5)).toEqual([[runs[0]], [runs[1], runs[2]]])
  expect(cutRuns(runs, 11)).toEqual([[runs[0], runs[1], { text: 'c' }], [{ text: 'd' }]])
})

test('a code is drawn as bars', () => {
  expect(pathOf({ modules: 5, rows: ['d8', '08'] })).toBe('M0 0h2v1H0zM3 0h2v1H3zM4 1h1v1H4z')
})
