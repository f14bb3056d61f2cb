/**
 * A public manual, for questions about documents that nobody here wrote: the Debian Developer's Reference, from its
 * package. It is fetched for the bench and never part of this repository.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { DocumentQuestion } from './questions.ts'
import { toMarkdown } from './restructured.ts'

/** What ends the name of a chapter's source in the package. */
const SOURCE = '.rst.txt'

export interface ManualQuestions {
  /** The package that the questions were written for. */
  readonly package: {
    readonly name: string
    readonly version: string
    readonly licence: string
    /** Of the .deb, in hexadecimal. */
    readonly sha256: string
  }
  readonly questions: readonly DocumentQuestion[]
}

export interface Manual {
  /** Holds a Markdown file for each chapter. */
  readonly folder: string
  /** Of the package, and the digest of its .deb; null where a folder was given. */
  readonly version: string | null
  readonly sha256: string | null
}

export function loadManualQuestions(): ManualQuestions {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'manual.json'), 'utf8')) as ManualQuestions
}

/**
 * The manual's chapters as Markdown, in a folder below `work`.
 * @param given a .deb of the package, or a folder in which it was unpacked; undefined fetches the .deb from the
 *   machine's Debian mirror.
 * @throws Error saying what to do where there is no apt-get, or its mirror has another version.
 */
export function readManual(
  { name, version }: ManualQuestions['package'],
  work: string,
  given: string | undefined,
): Manual {
  const isFolder = given !== undefined && statSync(given).isDirectory()
  const deb = isFolder ? null : (given ?? download(name, version, work))
  const unpacked = deb === null ? (given ?? '') : join(work, 'unpacked')
  if (deb !== null) execFileSync('dpkg-deb', ['-x', deb, unpacked])
  const folder = join(work, 'manual')
  mkdirSync(folder)
  for (const path of sourcesIn(unpacked))
    writeFileSync(
      join(folder, `${basename(path, SOURCE)}.md`),
      toMarkdown(readFileSync(join(unpacked, path), 'utf8')),
    )
  if (deb === null) return { folder, version: null, sha256: null }
  return {
    folder,
    version: execFileSync('dpkg-deb', ['-f', deb, 'Version'], { encoding: 'utf8' }).trim(),
    sha256: createHash('sha256').update(readFileSync(deb)).digest('hex'),
  }
}

function download(name: string, version: string, work: string): string {
  const folder = join(work, 'download')
  mkdirSync(folder)
  try {
    execFileSync('apt-get', ['download', '--quiet', `${name}=${version}`], { cwd: folder, stdio: 'pipe' })
  } catch (cause) {
    throw new Error(
      `Cannot fetch ${name} ${version} with apt-get. Run apt-get update, or name a .deb of the package or the folder in which it was unpacked: --manual <path>`,
      { cause },
    )
  }
  const [deb = ''] = readdirSync(folder).filter(file => file.endsWith('.deb'))
  return join(folder, deb)
}

function sourcesIn(folder: string): string[] {
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(path =>
    path.endsWith(SOURCE),
  )
  if (sources.length === 0)
    throw new Error(`${folder} holds no chapter of the manual: files that end in ${SOURCE}`)
  return sources
}
