import law from 'virtual:law-labels'
import type { Label } from '../i18n/lang'
import { aside, fill, marks, type Lang } from '../i18n/words'
import { civil } from '../util/time'
import { fingerprintOf, type KeyFile } from '../verify/core/keyfile'
import { bytesOfDigits, named, prove, proveReceipt, readKeys, type Proven } from './code'
import { codesIn } from './image'
import { labelsOf, shown, type Labels } from './labels'
import { Refused } from './refused'
import { words, type Key } from './words'

// The page as a file of its own: no framework, no network, everything in it. It shows
// text as text: nothing of a code or a key file becomes markup.

/** Bound of what is opened: a photograph, a receipt. */
const maxFile = 40 << 20
const keysAt = 'sandi-verify-keys'
const langAt = 'sandi-lang'

interface Result {
  proven?: Proven
  wrong?: Key
}

let lang: Lang = remembered(langAt) === 'en' ? 'en' : 'zh'
let keys: KeyFile | undefined
let results: Result[] = []
let busy = false

const t = (key: Key, params: Record<string, string | number> = {}) => fill(words[key][lang], params)
const of = (label: Label | undefined) => (label ? label[lang] || label.zh : '')

function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null // storage may be forbidden: the page then forgets
  }
}

function remember(key: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // the page then forgets
  }
}

const byId = <T extends HTMLElement>(id: string) => document.getElementById(id) as T

function el(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const out = document.createElement(tag)
  if (className) out.className = className
  out.append(...children)
  return out
}

const reasonKey = (err: unknown): Key => (err instanceof Refused ? `bad.${err.reason}` : 'bad.form')

function verify(text: string): Result {
  if (!keys) return { wrong: 'code.first' }
  try {
    return { proven: text.trimStart().startsWith('{') ? proveReceipt(text, keys) : prove(bytesOfDigits(text), keys) }
  } catch (err) {
    return { wrong: reasonKey(err) }
  }
}

/** add puts results in front; what was verified before is not told twice. */
function add(fresh: Result[]) {
  const known = (p: Proven) => results.some((r) => r.proven?.leaf === p.leaf && r.proven.kind === p.kind)
  results = [...fresh.filter((r) => !r.proven || !known(r.proven)), ...results.filter((r) => r.proven)]
  const proven = named(results.flatMap((r) => (r.proven ? [r.proven] : [])))
  results = results.map((r) => (r.proven ? { proven: proven.shift() } : r))
  show()
}

async function open(files: FileList | null) {
  for (const file of Array.from(files ?? [])) {
    if (file.size > maxFile) {
      add([{ wrong: 'bad.large' }])
    } else if (file.type.startsWith('image/')) {
      busy = true
      show()
      const found = await codesIn(file)
      busy = false
      add(found.length > 0 ? found.map(verify) : [{ wrong: 'bad.image' }])
    } else {
      add([verify(await file.text())])
    }
  }
}

function useKeys(text: string) {
  const said = byId('keys-wrong')
  try {
    keys = readKeys(text)
    remember(keysAt, text)
    said.textContent = ''
    results = []
    if (location.hash.length > 1) add([verify(location.hash)])
  } catch (err) {
    said.textContent = t(reasonKey(err))
  }
  show()
}

function fact(name: string, value: Node | string) {
  return el('div', 'fact', el('dt', '', name), el('dd', '', value))
}

/** fieldsOf are the fields of statements in words. */
function fieldsOf(labels: Labels | undefined, fields: Record<string, unknown>) {
  return el('dl', 'fields', ...Object.entries(fields).map(([name, value]) => fact(of(labels?.fields[name]) || name, shown(value, of, labels?.fields[name]))))
}

const lawOf = (p: Proven) => labelsOf(law, p.record, p.payload?.body.procedure)
const eventOf = (p: Proven) => of(lawOf(p)?.events[p.payload?.body.event ?? 'open']) || p.payload?.body.event || p.payload?.kind || ''
const recordOf = (p: Proven) => p.record || t('record.new')

function card(r: Result): HTMLElement {
  if (!r.proven) return el('section', 'card bad', el('p', 'verdict', '✗ ' + t(r.wrong ?? 'bad.form')))
  const p = r.proven
  const said =
    p.kind === 'whole' ? t('ok.whole', { record: recordOf(p), event: eventOf(p) }) : p.kind === 'hash' ? t('ok.hash', { index: p.index }) : t('ok.page', { record: p.record, index: p.index })
  const out = el('section', p.kind === 'page' ? 'card note' : 'card good', el('p', 'verdict', (p.kind === 'page' ? 'ⓘ ' : '✓ ') + said))
  if (p.kind === 'page' && results.some((other) => other.proven?.leaf === p.leaf && other.proven.kind !== 'page')) out.append(el('p', 'good', t('ok.pagematch')))
  const title = lawOf(p)?.title
  const facts = el('dl', 'facts', fact(of(title) || t('fact.record'), recordOf(p)), fact(t('fact.where'), t('fact.entry', { index: p.index, size: p.size })))
  if (p.ledgerTime) facts.append(fact(t('fact.since'), civil(p.ledgerTime / 1000)))
  const { payload } = p
  if (payload) facts.append(fact(t('fact.signed'), t('fact.by', { at: payload.at.slice(0, 16).replace('T', ' '), org: payload.actor?.org ?? payload.region, role: payload.actor?.role ?? '—' })))
  if (p.kind !== 'page') facts.append(fact(t('fact.cosigned'), `${p.cosigned.map((c) => c.region + aside(lang, civil(c.at))).join(marks[lang].list)} — ${t(p.complete ? 'fact.all' : 'fact.some')}`))
  facts.append(fact(t('fact.digest'), el('code', '', p.leaf)))
  out.append(facts)
  if (payload?.body.fields) out.append(el('h3', '', t('fact.says')), fieldsOf(lawOf(p), payload.body.fields))
  if (p.statement) {
    const raw = el('pre', '', JSON.stringify(payload, null, 2))
    raw.tabIndex = 0
    out.append(el('details', '', el('summary', '', t('fact.raw')), raw))
  }
  return out
}

/** together is what several verified statements of one record say: a mandate's target, team, days and draw. */
function together(): HTMLElement[] {
  const proven = results.flatMap((r) => (r.proven?.payload ? [r.proven] : []))
  const records = [...new Set(proven.map((p) => p.record))].filter((record) => record && proven.filter((p) => p.record === record).length > 1)
  return records.map((record) => {
    const list = proven.filter((p) => p.record === record).sort((a, b) => a.index - b.index)
    const fields = Object.assign({}, ...list.map((p) => p.payload?.body.fields ?? {})) as Record<string, unknown>
    return el('section', 'card good together', el('p', 'verdict', '✓ ' + t('all.title', { record })), el('p', 'quiet', t('all.why')), fieldsOf(labelsOf(law, record), fields))
  })
}

function show() {
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en'
  document.title = t('title')
  for (const e of Array.from(document.querySelectorAll<HTMLElement>('[data-t]'))) e.textContent = t(e.dataset.t as Key)
  byId('lang').textContent = lang === 'zh' ? 'English' : '中文'
  byId('keys-none').hidden = keys !== undefined
  byId('keys-have').hidden = keys === undefined
  if (keys) {
    byId('keys-of').textContent = t('keys.have', { origin: keys.policy.origin, regions: keys.policy.regions.join(marks[lang].list) })
    byId('keys-print').textContent = fingerprintOf(keys)
  }
  byId('busy').hidden = !busy
  byId('results').hidden = results.length === 0
  byId('list').replaceChildren(...together(), ...results.map(card))
}

byId('lang').onclick = () => {
  lang = lang === 'zh' ? 'en' : 'zh'
  remember(langAt, lang)
  show()
}
byId<HTMLInputElement>('keys-file').onchange = (e) => {
  const input = e.target as HTMLInputElement
  void input.files?.[0]?.text().then(useKeys)
  input.value = ''
}
byId('keys-use').onclick = () => useKeys(byId<HTMLTextAreaElement>('keys-text').value)
byId('keys-drop').onclick = () => {
  keys = undefined
  results = []
  remember(keysAt, null)
  show()
}
byId<HTMLInputElement>('code-file').onchange = (e) => {
  const input = e.target as HTMLInputElement
  void open(input.files).then(() => (input.value = ''))
}
byId('code-go').onclick = () => {
  const box = byId<HTMLTextAreaElement>('code-text')
  const lines = box.value.trim().startsWith('{') ? [box.value] : box.value.split(/\n(?=\s*https?:)/)
  add(lines.filter((line) => line.trim()).map(verify))
}
byId('code-clear').onclick = () => {
  results = []
  byId<HTMLTextAreaElement>('code-text').value = ''
  show()
}
window.onhashchange = () => {
  if (location.hash.length > 1) add([verify(location.hash)])
}

const kept = remembered(keysAt)
if (kept) useKeys(kept)
else {
  if (location.hash.length > 1) results = [verify(location.hash)]
  show()
}
