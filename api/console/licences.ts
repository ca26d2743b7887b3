import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Plugin, Rollup } from 'vite'

/**
 * licences writes licenses.txt into a build: the licence of every package whose
 * code is in it. They all ask to be named in copies.
 */
export function licences(): Plugin {
  return {
    name: 'licences',
    generateBundle(_, bundle) {
      // The polyfills are bundled by a build of their own that shows no modules.
      const folders = new Set([join(process.cwd(), 'node_modules/core-js'), ...inWorkers])
      collect(bundle, folders)
      const texts = [...folders].map(textOf).sort()
      this.emitFile({ type: 'asset', fileName: 'licenses.txt', source: [...new Set(texts)].join('\n') })
    },
  }
}

/** Packages in workers: each is a bundle of its own, made before the page's is written. */
const inWorkers = new Set<string>()

/** workerLicences remembers for licences what stands in a worker. */
export function workerLicences(): Plugin {
  return { name: 'licences of workers', generateBundle: (_, bundle) => collect(bundle, inWorkers) }
}

function collect(bundle: Rollup.OutputBundle, folders: Set<string>) {
  for (const chunk of Object.values(bundle)) {
    if (chunk.type !== 'chunk') continue
    for (const id of chunk.moduleIds) {
      const folder = packageOf(id.replace(/^\0/, '').replace(/\?.*$/, ''))
      if (folder) folders.add(folder)
    }
  }
}

/** packageOf is the folder of the package that a module belongs to; undefined for our own. */
function packageOf(id: string): string | undefined {
  if (!id.includes('node_modules')) return undefined
  for (let folder = dirname(id); folder.includes('node_modules'); folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file) && 'name' in (JSON.parse(readFileSync(file, 'utf8')) as object)) return folder
  }
  return undefined
}

function textOf(folder: string): string {
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; version?: string; license?: string }
  const file = readdirSync(folder).sort().find((name) => /^licen[cs]e/i.test(name))
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${about.license ?? 'see the package'}`
  return `${about.name} ${about.version ?? ''}\n\n${text}\n\n${'-'.repeat(72)}\n`
}
