import type { components } from '../api/schema'

type Schemas = components['schemas']
export type Paper = Schemas['Paper']
export type Run = Schemas['PaperRun']
export type Part = Schemas['PaperPart']
export type Code = Schemas['PaperCode']

/** How many records one print job takes: what the address of a page can hold. */
export const recordsMax = 200

/** Records that a row of codes has room for on a page: 50 mm each of 156 mm. */
export const codesAcross = 3

/** A value that is missing is a line to write on. */
export const blankText = '　'.repeat(8)

/** Block is what stands in the flow of a document, top to bottom. */
export interface Block {
  kind: 'title' | 'number' | 'to' | 'text' | 'heading' | 'item' | 'row' | 'attachments' | 'attached' | 'sign' | 'codes'
  runs?: Run[]
  cells?: Run[][]
  codes?: Code[]
  from?: Run[] // sign
  date?: Run[]
  fresh?: boolean // begins a new page
  keep?: boolean // stays with the block before it
  continued?: boolean // the rest of a paragraph that began on the page before
}

export const textOf = (runs: Run[]): string => runs.map((r) => (r.blank ? blankText : (r.text ?? ''))).join('')

/** recordsOf reads the records of a print job: each once, in the order given. */
export function recordsOf(query: string | null): string[] {
  const ids = (query ?? '').split(',').map((id) => id.trim()).filter(Boolean)
  return [...new Set(ids)]
}

/** filled puts values that a person of the bureau has opened into the places of a paper. */
export function filled(paper: Paper, values: Record<string, string>): Paper {
  const run = (r: Run): Run => (r.blank === 'private' && r.field !== undefined && r.field in values ? { text: values[r.field], field: r.field } : r)
  return { ...paper, body: paper.body.map((p) => ({ ...p, runs: p.runs?.map(run), cells: p.cells?.map((c) => c.map(run)) })) }
}

/** privateIn tells whether a paper has places whose values are in the bureau's vault. */
export const privateIn = (paper: Paper) => paper.body.some((p) => [...(p.runs ?? []), ...(p.cells ?? []).flat()].some((r) => r.blank === 'private'))

/** blocksOf puts a document into the order of GB/T 9704. A part that begins a new page comes after the signature. */
export function blocksOf(paper: Paper): Block[] {
  const at = paper.body.findIndex((p) => p.kind === 'page')
  const main = at < 0 ? paper.body : paper.body.slice(0, at)
  const rest = at < 0 ? [] : paper.body.slice(at)
  const out: Block[] = [{ kind: 'title', runs: [{ text: paper.title }] }]
  if (paper.number) out.push({ kind: 'number', runs: paper.number })
  if (paper.to) out.push({ kind: 'to', runs: [...paper.to, { text: '：' }] })
  out.push(...partsOf(main))
  const materials = paper.materials ?? []
  if (materials.length > 0) {
    out.push({ kind: 'attachments', runs: [{ text: `附件：材料${materials.length}份` }] })
    materials.forEach((m, i) => {
      const name = [m.name, m.kind].filter(Boolean).join('，')
      out.push({ kind: 'attached', runs: numbered(i + 1, [{ text: `${name}，${m.pages ?? 0}页，摘要${m.digest}…` }]), keep: i === 0 })
    })
  }
  if (paper.from) out.push({ kind: 'sign', from: paper.from, date: paper.date, keep: true })
  const codes = paper.codes ?? []
  for (let i = 0; i < codes.length; i += codesAcross) out.push({ kind: 'codes', codes: codes.slice(i, i + codesAcross) })
  if (paper.pending) out.push({ kind: 'codes', codes: [] })
  out.push(...partsOf(rest))
  return out
}

/** numbered puts an item's number before it; 0 is none. */
const numbered = (no: number, runs: Run[]): Run[] => (no > 0 ? [{ text: `${no}．` }, ...runs] : runs)

function partsOf(parts: Part[]): Block[] {
  let no = 0
  return parts.map((p): Block => {
    no = p.kind === 'item' ? no + 1 : 0
    if (p.kind === 'page') return { kind: 'title', runs: p.runs ?? [], fresh: true }
    if (p.kind === 'row') return { kind: 'row', cells: p.cells ?? [] }
    return { kind: p.kind, runs: numbered(no, p.runs ?? []) }
  })
}

/** Measured is a block with its height, and where each line of a paragraph after the first begins (characters). */
export interface Measured {
  block: Block
  height: number
  breaks?: number[]
}

const splits = (b: Block) => b.runs !== undefined && (b.kind === 'text' || b.kind === 'item')

/**
 * paginate puts blocks on pages of a height, in the unit of the blocks'. A paragraph goes on
 * on the next page, with two lines at least on either; everything else stays whole. Nothing
 * is ever cut off: a block that is higher than a page stands on one of its own.
 */
export function paginate(list: Measured[], room: number, line: number): Block[][] {
  const pages: Block[][] = [[]]
  let left = room
  const turn = () => {
    pages.push([])
    left = room
  }
  const put = (b: Block, height: number) => {
    pages[pages.length - 1].push(b)
    left -= height
  }
  const empty = () => pages[pages.length - 1].length === 0
  list.forEach((m, i) => {
    if (m.block.fresh && !empty()) turn()
    // What keeps with this block comes along, and what keeps with that: no signature, no head of a list stands alone on a page.
    let needed = m.height
    for (let j = i + 1; j < list.length && list[j].block.keep && needed + list[j].height <= room; j++) needed += list[j].height
    if (needed <= left + 0.5) return put(m.block, m.height)
    if (splits(m.block) && m.breaks && m.breaks.length >= 3) {
      const fits = Math.min(Math.floor((left + 0.5) / line), m.breaks.length + 1 - 2)
      if (fits >= 2) {
        const cut = m.breaks[fits - 1]
        const [first, second] = cutRuns(m.block.runs ?? [], cut)
        put({ ...m.block, runs: first }, fits * line)
        turn()
        put({ ...m.block, runs: second, continued: true }, m.height - fits * line)
        return
      }
    }
    if (!empty()) turn()
    put(m.block, m.height)
  })
  return pages.filter((p) => p.length > 0)
}

/** cutRuns cuts a text in two at a character. */
export function cutRuns(runs: Run[], at: number): [Run[], Run[]] {
  const first: Run[] = []
  const second: Run[] = []
  let left = at
  for (const r of runs) {
    const n = r.blank ? blankText.length : (r.text ?? '').length
    if (left >= n) first.push(r)
    else if (left <= 0 || r.blank) second.push(r)
    else {
      first.push({ ...r, text: (r.text ?? '').slice(0, left) })
      second.push({ ...r, text: (r.text ?? '').slice(left) })
    }
    left -= n
  }
  return [first, second]
}

/** pathOf is a QR code as the path of an SVG of modules by modules, a bar for each run of black. */
export function pathOf(code: Pick<Code, 'modules' | 'rows'>): string {
  const out: string[] = []
  code.rows.forEach((row, y) => {
    const black = (x: number) => x < code.modules && (parseInt(row[x >> 2], 16) & (8 >> (x & 3))) !== 0
    for (let x = 0; x < code.modules; x++) {
      if (!black(x)) continue
      let end = x
      while (black(end)) end++
      out.push(`M${x} ${y}h${end - x}v1H${x}z`)
      x = end
    }
  })
  return out.join('')
}
