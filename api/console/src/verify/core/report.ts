// What was found, in the form and the words of the nodes' verifier (node/audit).

export type Result = 'PASS' | 'FAIL' | 'INDETERMINATE'

export const check = { policy: 1, tree: 2, history: 3, signatures: 4, rules: 5, draws: 6, openings: 7, times: 8, summary: 9 } as const
const lastDeciding = check.draws

export interface Text {
  zh: string
  en: string
}

export interface Finding extends Text {
  check: number
  result: Result
  code: string
  entry?: number // index, where it is about one, or the first of some
  last?: number // the last of them
  file?: string // in the bundle, where it is about one
}

export interface Fork {
  size: number
  signers: [string[], string[]]
  file: string
}

export interface Summary {
  entries: number
  from?: string // ledger time
  to?: string
  kinds: { kind: string; n: number }[]
  actors: { region: string; org: string; role: string; acts: number }[]
  forks: Fork[]
}

/** Look is one entry of an access log that a file shows. */
export interface Look {
  region: string
  node: string
  log: number
  index: number
  anchored: boolean
  entry: string // its JSON
}

export interface Report {
  format: 'sandi-audit/1'
  kind: string // log, extract, receipt, proof, who-looked, or '' when the file is none of these
  result: Result
  exit: number
  verdict: Text
  network: string
  name?: string
  origin?: string
  clock?: string
  size: number
  root?: string
  grade?: string
  findings: Finding[]
  looks?: Look[] // of a file of who looked
  limits: Text[]
  summary?: Summary
}

/** say fills a sentence's {0}, {1}, … in both languages. */
export function say(zh: string, en: string, ...args: (string | number)[]): Text {
  const fill = (s: string) => s.replace(/\{(\d)\}/g, (_, i: string) => String(args[Number(i)]))
  return { zh: fill(zh), en: fill(en) }
}

/** findingsMost bounds what is listed of one check and code: after some of them nobody reads on. */
const findingsMost = 25

const rank = (r: Result | '') => ['', 'PASS', 'INDETERMINATE', 'FAIL'].indexOf(r)

/** worst is the worst result of a check, '' when nothing was found of it. */
export function worst(findings: Finding[], n: number): Result | '' {
  return findings.reduce<Result | ''>((w, f) => (f.check === n && rank(f.result) > rank(w) ? f.result : w), '')
}

/** Recorder collects findings. */
export class Recorder {
  readonly report: Report
  private listed = new Map<string, number>()

  constructor(network: string) {
    const verdict = { zh: '', en: '' }
    this.report = { format: 'sandi-audit/1', kind: '', result: 'PASS', exit: 0, verdict, network, size: 0, findings: [], limits: [] }
  }

  add(f: Finding) {
    const kind = kindOf(f)
    const n = (this.listed.get(kind) ?? 0) + 1
    this.listed.set(kind, n)
    if (f.result === 'PASS' || n <= findingsMost) this.report.findings.push(f)
  }

  pass = (n: number, code: string, t: Text) => this.add({ check: n, result: 'PASS', code, ...t })
  fail = (n: number, code: string, t: Text) => this.add({ check: n, result: 'FAIL', code, ...t })
  unsure = (n: number, code: string, t: Text) => this.add({ check: n, result: 'INDETERMINATE', code, ...t })
  failAt = (n: number, code: string, entry: number, t: Text) => this.add({ check: n, result: 'FAIL', code, entry, ...t })
  failFile = (n: number, code: string, file: string, t: Text) => this.add({ check: n, result: 'FAIL', code, file, ...t })

  failed = (n: number) => worst(this.report.findings, n) === 'FAIL'

  /** complete says of every deciding check that it was not evaluated, if nothing was found of it. It is for bundles. */
  complete() {
    for (let n: number = check.policy; n <= lastDeciding; n++) {
      if (worst(this.report.findings, n) === '') this.unsure(n, 'not_evaluated', say('本项未能检查。', 'this could not be checked.'))
    }
  }

  /** finish says how much was not listed, and draws the conclusion. */
  finish(): Report {
    const r = this.report
    for (const f of [...r.findings]) {
      const more = (this.listed.get(kindOf(f)) ?? 0) - findingsMost
      if (more <= 0 || f.result === 'PASS') continue
      this.listed.set(kindOf(f), 0)
      r.findings.push({ check: f.check, result: f.result, code: 'left_out', ...say('另有 {0} 处同类问题（{1}）未列出。', '{0} more like this ({1}) are not listed.', more, f.code) })
    }
    r.findings = r.findings
      .map((f, i) => ({ f, i }))
      .sort((a, b) => a.f.check - b.f.check || (a.f.entry ?? Infinity) - (b.f.entry ?? Infinity) || a.i - b.i)
      .map(({ f }) => f)
    conclude(r)
    return r
  }
}

const kindOf = (f: Finding) => `${f.check} ${f.result} ${f.code}`

function conclude(r: Report) {
  // A false checkpoint first; then what names one entry: that is where to look.
  const looks: ((f: Finding) => boolean)[] = [(f) => f.check === check.policy, (f) => f.entry !== undefined && f.last === undefined, () => true]
  for (const look of looks) {
    const f = r.findings.find((x) => x.result === 'FAIL' && look(x))
    if (!f) continue
    r.result = 'FAIL'
    r.exit = 3
    r.verdict = { zh: '不成立: ' + f.zh, en: 'this does not hold: ' + f.en }
    return
  }
  const f = r.findings.find((x) => x.result === 'INDETERMINATE' && x.check <= lastDeciding)
  if (f) {
    r.result = 'INDETERMINATE'
    r.exit = 4
    r.verdict = { zh: '未发现错误，但有不能判定之处: ' + f.zh, en: 'nothing was found wrong, but not everything can be decided: ' + f.en }
    return
  }
  r.verdict = say('所查各项均成立。', 'everything that was checked holds.')
}
