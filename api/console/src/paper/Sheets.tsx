import { useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import { blankText, blocksOf, paginate, pathOf, type Block, type Code, type Measured, type Paper, type Run } from './model'

/** GB/T 9704: 22 lines of 28.95 pt to a page. */
const lines = 22
const linePx = (28.95 * 96) / 72

interface Props {
  paper: Paper
  counted: (record: string, sheets: number) => void
}

/** Sheets are a document on A4: its blocks are measured where they will stand, then put on pages. */
export function Sheets({ paper, counted }: Props) {
  const measure = useRef<HTMLDivElement>(null)
  const [pages, setPages] = useState<Block[][] | null>(null)
  const blocks = blocksOf(paper)
  const content = JSON.stringify([paper.title, paper.body, paper.codes?.length, paper.pending])
  useLayoutEffect(() => {
    let gone = false
    const put = () => {
      if (gone || !measure.current) return
      const made = paginate(measured(measure.current, blocks), lines * linePx, linePx)
      setPages(made)
      counted(paper.record, made.length)
    }
    void document.fonts.ready.then(put)
    return () => {
      gone = true
    }
    // content says all that the blocks are made of
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [content])
  return (
    <article className="document" data-record={paper.record} lang="zh-CN" tabIndex={0}>
      <div className="measure" ref={measure} aria-hidden="true">
        {blocks.map((b, i) => (
          <Flow key={i} block={b} />
        ))}
      </div>
      {pages?.map((page, i) => (
        <Sheet key={i} paper={paper} no={i + 1} of={pages.length}>
          {page.map((b, j) => (
            <Flow key={j} block={b} />
          ))}
        </Sheet>
      ))}
    </article>
  )
}

/** measured reads heights and line breaks from the page. */
function measured(box: HTMLElement, blocks: Block[]): Measured[] {
  return blocks.map((block, i) => {
    const el = box.children[i]
    const height = el.getBoundingClientRect().height
    const text = el.querySelector('.flow-text')
    return { block, height, breaks: text && height > 3 * linePx ? breaksOf(text) : undefined }
  })
}

/** breaksOf are the characters that begin a line, the first one left out. */
function breaksOf(el: Element): number[] {
  const walker = document.createTreeWalker(el, NodeFilter.SHOW_TEXT)
  const range = document.createRange()
  const out: number[] = []
  let at = 0
  let bottom = -Infinity
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const n = node.nodeValue?.length ?? 0
    for (let i = 0; i < n; i++, at++) {
      range.setStart(node, i)
      range.setEnd(node, i + 1)
      const rect = range.getBoundingClientRect()
      if (rect.height === 0) continue
      if (bottom > -Infinity && rect.top >= bottom - 1) out.push(at)
      bottom = rect.bottom
    }
  }
  return out
}

function Sheet({ paper, no, of, children }: { paper: Paper; no: number; of: number; children: ReactNode }) {
  return (
    <section className={`sheet ${no % 2 === 0 ? 'sheet-even' : ''}`} aria-label={`${paper.title} ${no}/${of}`}>
      {paper.synthetic && (
        <svg className="sheet-practice" viewBox="0 0 100 40" aria-hidden="true">
          <text x="50" y="30" textAnchor="middle">
            演练
          </text>
        </svg>
      )}
      <header className="sheet-head">
        <span>{paper.draft}</span>
        <span>电子签名为系统签名，不是单位印章</span>
      </header>
      <div className="sheet-body">{children}</div>
      <footer className="sheet-foot">
        {paper.page && <Qr code={paper.page} />}
        <span className="sheet-id">
          {paper.record}
          <br />
          {paper.page ? `第${paper.page.index}条 ${paper.page.digest}` : paper.head.slice(0, 16)}
          <br />
          {no}/{of}
        </span>
        <span className="sheet-no">— {no} —</span>
      </footer>
    </section>
  )
}

const Runs = ({ runs }: { runs: Run[] }) => (
  <>
    {runs.map((r, i) =>
      r.blank ? (
        <span key={i} className="blank">
          {blankText}
        </span>
      ) : (
        <span key={i}>{r.text}</span>
      ),
    )}
  </>
)

/** Flow is one block as it stands on the page. */
function Flow({ block: b }: { block: Block }) {
  switch (b.kind) {
    case 'row':
      return (
        <div className={`flow flow-row flow-row-${b.cells?.length ?? 0}`}>
          {b.cells?.map((c, i) => (
            <span key={i}>
              <Runs runs={c} />
            </span>
          ))}
        </div>
      )
    case 'sign':
      return (
        <div className="flow flow-sign">
          <span>
            <Runs runs={b.from ?? []} />
          </span>
          <span>
            <Runs runs={b.date ?? []} />
          </span>
          <span className="flow-seal">（印章）</span>
        </div>
      )
    case 'codes':
      return <Codes codes={b.codes ?? []} />
    default:
      return (
        <div className={`flow flow-${b.kind} ${b.continued ? 'flow-continued' : ''}`}>
          <span className="flow-text">
            <Runs runs={b.runs ?? []} />
          </span>
        </div>
      )
  }
}

function Codes({ codes }: { codes: Code[] }) {
  if (codes.length === 0) return <div className="flow flow-pending">验证码：账本检查点尚未覆盖本文书的声明，请稍后重新打印。</div>
  return (
    <div className="flow flow-codes">
      <p>验证码（用核验页 verify.html 离线核验，证明所列声明在账本上）</p>
      <div>
        {codes.map((c) => (
          <figure key={c.index}>
            <Qr code={c} />
            <figcaption>
              {c.title} · 第{c.index}条
              <br />
              {c.digest}
              {!c.whole && ' · 另附凭证文件'}
            </figcaption>
          </figure>
        ))}
      </div>
    </div>
  )
}

/** How wide a module is printed, mm: 0.33 is the least that ordinary printers and phones do well. */
const moduleMm = 0.35
const quiet = 4

/** Qr is a code with its quiet zone. */
function Qr({ code }: { code: Code }) {
  const side = code.modules + 2 * quiet
  return (
    <svg className="qr" width={`${side * moduleMm}mm`} height={`${side * moduleMm}mm`} viewBox={`${-quiet} ${-quiet} ${side} ${side}`} shapeRendering="crispEdges" role="img" aria-label={code.text.slice(0, code.text.indexOf('#'))}>
      <path d={pathOf(code)} />
    </svg>
  )
}
