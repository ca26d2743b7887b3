import { decimal, hex, text, unhex, type Bytes } from './bytes'
import { isCommitment } from './forms'
import { maxEntry } from './leaf'
import { maxNote } from './note'
import { BadJson, list, num, only, parse, str } from './scanner'
import { entriesLevel, parseTilePath, tileWidth } from './tree'
import { BadZip, readDirectory, unpack, type Packed, type Source } from './zip'

// The one file that an auditor gets (consensus/bundle).

/** Class is what a file of a bundle is, by its name; there is no other file in one. */
export type Class =
  | 'readme' | 'manifest' | 'policy' | 'checkpoint' | 'genesis' | 'earlier' | 'tile' | 'entries' | 'entry' | 'proof' | 'opening' | 'draw' | 'evidence' // prettier-ignore

const maxFiles = 200_000
export const maxEntries = 10_000 // of an extract
/** mostEntries is how many entries a bundle can hold: nobody waits for more to be counted as missing. */
export const mostEntries = maxFiles * tileWidth
const maxRatio = 100

const bounds: Record<Class, { bytes: number; files: number }> = {
  readme: { bytes: 64 << 10, files: 1 },
  manifest: { bytes: 64 << 20, files: 1 },
  policy: { bytes: 64 << 10, files: 1 },
  checkpoint: { bytes: maxNote, files: 1 },
  genesis: { bytes: 8 << 20, files: 1 },
  earlier: { bytes: maxNote, files: 10_000 },
  tile: { bytes: tileWidth * 32, files: maxFiles },
  entries: { bytes: tileWidth * (2 + maxEntry), files: maxFiles },
  entry: { bytes: maxEntry, files: maxEntries },
  proof: { bytes: 128 << 10, files: maxEntries },
  opening: { bytes: 64 << 20, files: 10_000 },
  draw: { bytes: 20 << 20, files: 10_000 },
  evidence: { bytes: 128 << 10, files: 1_000 },
}

export const names = { readme: 'README.txt', manifest: 'manifest.json', policy: 'policy.txt', checkpoint: 'checkpoint', genesis: 'genesis.json' }
const single: Record<string, Class> = {
  'README.txt': 'readme', 'manifest.json': 'manifest', 'policy.txt': 'policy', checkpoint: 'checkpoint', 'genesis.json': 'genesis',
} // prettier-ignore

/** classify says what a file is; null for a name outside the grammar, traversal included. */
export function classify(name: string): Class | null {
  if (Object.keys(single).includes(name)) return single[name]
  const cut = name.indexOf('/')
  const rest = name.slice(cut + 1)
  switch (cut < 0 ? '' : name.slice(0, cut)) {
    case 'tile': {
      const t = parseTilePath(name)
      return t && (t.level === entriesLevel ? 'entries' : 'tile')
    }
    case 'checkpoints':
      return decimal(rest) === null ? null : 'earlier'
    case 'entries':
      return decimal(rest) === null ? null : 'entry'
    case 'proofs':
      return rest.endsWith('.tlog-proof') && decimal(rest.slice(0, -11)) !== null ? 'proof' : null
    case 'openings':
      return isCommitment(rest) ? 'opening' : null
    case 'draws':
      return isFileName(rest) ? 'draw' : null
    case 'evidence':
      return isFileName(rest) ? 'evidence' : null
  }
  return null
}

const isFileName = (s: string) => /^[A-Za-z0-9_-]{1,100}\.json$/.test(s)

export interface Manifest {
  kind: 'log' | 'extract'
  network: string
  origin: string
  size: number
  root: string // base64
  records: string[]
  from: number
  to: number
  files: { name: string; sum: string }[]
}

/** Bundle is an opened bundle: its directory was judged, its contents were not. */
export class Bundle {
  private constructor(
    private readonly src: Source,
    private readonly files: Map<string, Packed>,
    private readonly classes: Map<string, Class>,
    readonly manifest: Manifest,
  ) {}

  /** open reads directory and manifest; limits come before any content. It throws BadZip. */
  static async open(src: Source): Promise<Bundle> {
    const files = new Map<string, Packed>()
    const classes = new Map<string, Class>()
    const count: Partial<Record<Class, number>> = {}
    let packed = 0
    for (const f of await readDirectory(src, maxFiles)) {
      const cls = classify(f.name)
      if (!cls) throw new BadZip(`a file called ${JSON.stringify(f.name.slice(0, 100))}`)
      if (files.has(f.name)) throw new BadZip(`${f.name} is there twice`)
      count[cls] = (count[cls] ?? 0) + 1
      if ((count[cls] ?? 0) > bounds[cls].files) throw new BadZip(`${f.name} is one file too many of its kind`)
      judge(f, bounds[cls].bytes)
      packed += f.packed
      files.set(f.name, f)
      classes.set(f.name, cls)
    }
    if (packed > src.size) throw new BadZip('the files overlap') // files that share bytes add up to more than the zip has
    const file = files.get(names.manifest)
    if (!file) throw new BadZip(`no ${names.manifest}`)
    return new Bundle(src, files, classes, parseManifest(await unpack(src, file)))
  }

  has = (name: string) => this.files.has(name)

  /** names of some classes, in the order of the zip; all without any. */
  names(...classes: Class[]): string[] {
    const all = [...this.files.keys()]
    return classes.length === 0 ? all : all.filter((name) => classes.includes(this.classes.get(name) as Class))
  }

  /** read reads a file whole; null when it is not there or cannot be unpacked. */
  async read(name: string): Promise<Bytes | null> {
    const file = this.files.get(name)
    if (!file) return null
    try {
      return await unpack(this.src, file)
    } catch (err) {
      if (err instanceof BadZip) return null
      throw err
    }
  }
}

/** judge holds what is claimed of a file against the bounds. */
function judge(f: Packed, most: number) {
  if (f.method !== 0 && f.method !== 8) throw new BadZip(`${f.name} is packed by method ${f.method}`)
  if (f.encrypted) throw new BadZip(`${f.name} is encrypted`)
  if (f.size > most) throw new BadZip(`${f.name} has ${f.size} bytes, at most ${most} are read`)
  if (f.method === 0 && f.packed !== f.size) throw new BadZip(`${f.name} has two sizes`)
  if (f.size > maxRatio * f.packed) throw new BadZip(`${f.name} is packed more than ${maxRatio} times over`)
  if (f.packed > f.size + f.size / 100 + 1024) throw new BadZip(`${f.name} is larger packed than unpacked`)
}

function parseManifest(data: Bytes): Manifest {
  try {
    const s = text(data)
    if (s === null) throw new BadJson('UTF-8')
    const m = parse(s, 2)
    only(m, ['format', 'kind', 'network', 'origin', 'size', 'root', 'records', 'from', 'to', 'files'])
    if (m.format !== 'sandi-bundle/1' || (m.kind !== 'log' && m.kind !== 'extract')) throw new BadJson('format')
    const files = list(m.files ?? []).map((line) => readLine(str(line)))
    if (new Set(files.map((f) => f.name)).size !== files.length) throw new BadJson('a file twice')
    return {
      kind: m.kind, network: str(m.network), origin: str(m.origin), size: num(m.size), root: str(m.root),
      records: list(m.records ?? []).map(str), from: num(m.from ?? 0), to: num(m.to ?? 0), files,
    } // prettier-ignore
  } catch (err) {
    if (err instanceof BadJson) throw new BadZip(`${names.manifest}: ${err.message}`)
    throw err
  }
}

function readLine(line: string) {
  const cut = line.indexOf('  ')
  const sum = unhex(line.slice(0, Math.max(cut, 0)))
  if (!sum || sum.length !== 32) throw new BadJson('not a line of sha256sum')
  return { sum: hex(sum), name: line.slice(cut + 2) }
}
