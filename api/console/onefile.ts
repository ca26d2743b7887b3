import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { build, type Plugin } from 'vite'
import { workerLicences } from './licences.ts'

const here = 'src/code'
const lawFolder = '../../consensus/procedure/law'
const labelsId = 'virtual:law-labels'

interface Output {
  type: string
  code?: string
}

/**
 * onefile adds verify.html to a build: the page that verifies printed codes, with its
 * script and style inside, so that it works from a disk. Its policy names both by their
 * hash and forbids every request.
 */
export function onefile(): Plugin {
  return {
    name: 'onefile',
    async generateBundle() {
      const made = await build({
        configFile: false,
        logLevel: 'error',
        publicDir: false,
        plugins: [labels(), workerLicences()],
        build: { write: false, target: 'chrome90', modulePreload: false, lib: { entry: join(here, 'main.ts'), formats: ['iife'], name: 'verify' } },
      })
      const outputs = (Array.isArray(made) ? made : [made]).flatMap((m) => ('output' in m ? (m.output as unknown as Output[]) : []))
      const script = outputs.find((o) => o.type === 'chunk')
      if (!script?.code || outputs.length !== 1) this.error('the page that verifies codes is not one script')
      // Noble asks for Object.hasOwn, which is younger than Chrome 90.
      const code = `Object.hasOwn||(Object.hasOwn=function(o,k){return Object.prototype.hasOwnProperty.call(o,k)});${script.code.trim()}`.replace(/<\/script/gi, '<\\/script')
      const style = readFileSync(join(here, 'page.css'), 'utf8')
      const policy = `default-src 'none'; script-src '${hash(code)}'; style-src '${hash(style)}'; img-src data: blob:; base-uri 'none'; form-action 'none'`
      const parts: Record<string, string> = { POLICY: policy, STYLE: style, SCRIPT: code }
      const source = readFileSync(join(here, 'page.html'), 'utf8').replace(/POLICY|STYLE|SCRIPT/g, (name) => parts[name])
      this.emitFile({ type: 'asset', fileName: 'verify.html', source })
    },
  }
}

const hash = (text: string) => 'sha256-' + createHash('sha256').update(text).digest('base64')

type Label = { zh: string; en: string }
type Named = Record<string, Label>

/** The members of the type officer, which no document spells out. */
const officer: Named = { cert_no: { zh: '证件号', en: 'certificate' }, person: { zh: '姓名', en: 'name' } }

interface LawField extends Label {
  type?: string
  values?: Named
  of?: LawField
  fields?: Record<string, LawField>
}

interface LawText {
  name: string
  prefix: string
  title: Label
  fields: Record<string, LawField>
  open: { title: Label }
  events: { name: string; title: Label }[]
}

/** labels gives the page the words of the law documents, by the prefix of their records. */
function labels(): Plugin {
  return {
    name: 'law-labels',
    resolveId: (id) => (id === labelsId ? '\0' + labelsId : undefined),
    load(id) {
      if (id !== '\0' + labelsId) return undefined
      const law: Record<string, unknown> = {}
      for (const file of readdirSync(lawFolder).filter((name) => name.endsWith('.yaml')).sort()) {
        const text = parse(readFileSync(join(lawFolder, file), 'utf8')) as LawText
        law[text.prefix] = {
          name: text.name,
          title: text.title,
          events: Object.fromEntries([['open', text.open.title], ...text.events.map((e) => [e.name, e.title])]),
          fields: Object.fromEntries(Object.entries(text.fields).map(([name, f]) => [name, fieldLabels(f)])),
        }
      }
      return `export default ${JSON.stringify(law)}`
    },
  }
}

/** fieldLabels flattens what is inside a field: members and choices have their names once. */
function fieldLabels(f: LawField): object {
  const members: Named = f.of?.type === 'officer' ? { ...officer } : {}
  const values: Named = { ...f.values }
  for (const inner of [f, f.of]) {
    Object.assign(values, inner?.values)
    for (const [name, m] of Object.entries(inner?.fields ?? {})) {
      members[name] = { zh: m.zh, en: m.en }
      Object.assign(values, m.values)
    }
  }
  const some = (named: Named) => (Object.keys(named).length > 0 ? named : undefined)
  return { zh: f.zh, en: f.en, values: some(values), members: some(members) }
}
