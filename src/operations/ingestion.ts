/**
 * One call of ingest: what is found is read, parsed and filed, a document a transaction, so that stopping leaves
 * whole documents. A source that cannot be read is told in the report and changes nothing.
 */

import type { ParsedDocument, Source } from '../ingest/document.ts'
import { gather, type ToRead } from '../ingest/gathering.ts'
import { extensionOf, parseSource } from '../ingest/parse.ts'
import { NoConversation } from '../ingest/turns.ts'
import { readSource, sourceFromText } from '../ingest/walk.ts'
import { sha256OfBytes } from '../model/digest.ts'
import { HeirloomError } from '../model/errors.ts'
import type { DocumentOptions } from '../store/documents.ts'
import { type Counts, fileDocument, vanishDocument } from './filing.ts'
import { findGone, type GoneFile, goneNotice, renameFile } from './gone-files.ts'
import { nearNotices } from './near-projects.ts'
import { type Context, stampFor } from './operation.ts'
import { isSameReading, optionsAfter } from './passage-drafts.ts'

export interface IngestOptions extends DocumentOptions {
  readonly project?: string | undefined
  readonly note?: string | undefined
}

interface Problem {
  readonly path: string
  readonly code: string
  readonly message: string
}

/** After this many new passages the keyword index is put in order. */
const MANY = 1000

export class Ingestion {
  readonly #options: IngestOptions
  readonly #context: Context
  readonly #counts = {
    documents: 0,
    passages: 0,
    added: 0,
    unchanged: 0,
    revised: 0,
    superseded: 0,
    restored: 0,
  }
  readonly #errors: Problem[] = []
  readonly #notices: string[] = []
  #waiting = 0
  #skipped = new Map<string, number>()
  #gone: GoneFile[] = []
  #project: string | null = null

  constructor(options: IngestOptions, context: Context) {
    this.#options = options
    this.#context = context
  }

  async takeText(name: string, text: string): Promise<void> {
    await this.#resolveProject()
    await this.#take(sourceFromText(name, text), { key: name, file: null })
    await this.#finish()
  }

  /** @throws ABORTED saying how far it came, SOURCE_UNREADABLE when a named path does not exist. */
  async takePaths(paths: readonly string[]): Promise<void> {
    const found = await this.#gather(paths)
    await this.#resolveProject()
    const { signal, progress } = this.#context
    for (const [index, source] of found.entries()) {
      if (signal?.aborted) throw stopped(index, found.length, signal)
      progress?.({ done: index, total: found.length, passages: this.#counts.passages, item: source.name })
      try {
        await this.#takeFile(source)
      } catch (cause) {
        if (signal?.aborted && cause instanceof HeirloomError && cause.code === 'ABORTED')
          throw stopped(index, found.length, signal)
        throw cause
      }
    }
    progress?.({ done: found.length, total: found.length, passages: this.#counts.passages, item: '' })
    await this.#finish()
  }

  report() {
    return { ...this.#counts, errors: this.#errors, notices: this.#notices }
  }

  /** Everything to read, so that a path that does not exist is told before any work. */
  async #gather(paths: readonly string[]): Promise<readonly ToRead[]> {
    const { sources, skipped, folders } = await gather(paths, withSignal(this.#context.signal))
    this.#skipped = skipped
    this.#gone = await findGone(this.#context, folders, new Set(sources.map(({ key }) => key)))
    if (sources.length === 0) this.#notices.push('Nothing to read was found there.')
    return sources
  }

  async #resolveProject(): Promise<void> {
    const { project } = this.#options
    if (project === undefined) return
    const { store, principal } = this.#context
    const ensured = await store.write(principal, stampFor(this.#context, 'ingest'), tx =>
      tx.projects.ensure(project),
    )
    this.#notices.push(...nearNotices(ensured))
    this.#project = ensured.name
  }

  async #takeFile(found: ToRead): Promise<void> {
    const { path, key, error } = found
    if (error !== undefined) return this.#fail(path, error)
    try {
      const source = await readSource(path, withSignal(this.#context.signal))
      await this.#take(source, { key, file: key })
    } catch (cause) {
      const ofSource = cause instanceof HeirloomError && cause.code.startsWith('SOURCE_')
      if (!ofSource) throw cause
      if (cause instanceof NoConversation && (await this.#isIncidental(found)))
        this.#skip('JSON that is no conversation')
      else this.#fail(path, cause)
    }
  }

  /** Found by walking, and never read as a conversation before. */
  async #isIncidental({ key, isNamed }: ToRead): Promise<boolean> {
    const { store, principal } = this.#context
    return !isNamed && (await store.read(principal, tx => tx.documents.ofFile(key))).length === 0
  }

  #skip(reason: string): void {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1)
  }

  async #take(source: Source, { key: name, file }: { key: string; file: string | null }): Promise<void> {
    const hash = sha256OfBytes(source.bytes)
    if (file !== null) await this.#adopt(file, hash)
    if (await this.#isUnchanged(name, hash)) return
    const keys = new Set<string>()
    for (const parsed of parseSource(source)) {
      const key = parsed.key === null ? name : `${name}#${parsed.key}`
      keys.add(key)
      const { counts, waiting, notices } = await this.#file(parsed, { key, file, hash })
      this.#count(counts)
      this.#waiting += waiting
      for (const notice of [...parsed.warnings, ...notices]) this.#notices.push(`${key}: ${notice}`)
    }
    if (extensionOf(source.name) === 'json') await this.#vanishOthers(name, keys)
  }

  /** A new file with the bytes of one that is gone is that file under another name. */
  async #adopt(path: string, hash: string): Promise<void> {
    const gone = this.#gone.find(file => file.hash === hash)
    if (gone === undefined) return
    const { store, principal } = this.#context
    const stamp = stampFor(this.#context, 'ingest', this.#options.note)
    const isRenamed = await store.write(principal, stamp, tx => renameFile(tx, gone, { path, at: stamp.at }))
    if (isRenamed) this.#gone = this.#gone.filter(file => file !== gone)
  }

  /** Conversations that were in the file the last time and are no longer. */
  async #vanishOthers(name: string, keys: ReadonlySet<string>): Promise<void> {
    const { store, principal } = this.#context
    const filed = await store.read(principal, tx => tx.documents.ofFile(name))
    const gone = filed.filter(({ source }) => !keys.has(source))
    if (gone.length === 0) return
    const stamp = stampFor(this.#context, 'ingest', this.#options.note)
    for (const document of gone) {
      this.#counts.superseded += await store.write(principal, stamp, tx =>
        vanishDocument(tx, document, stamp.at),
      )
    }
  }

  /** A file of one document whose bytes are those of the last time need not even be parsed. */
  async #isUnchanged(key: string, hash: string): Promise<boolean> {
    const { store, principal } = this.#context
    const known = await store.read(principal, async tx => {
      const before = await tx.documents.bySource(key)
      if (before === null) return null
      const project = this.#project ?? before.project
      const options = optionsAfter(before.options, this.#options)
      const isSame = isSameReading(before, { hash, project, options })
      return isSame ? tx.memories.countPassages(before.id) : null
    })
    if (known === null) return false
    this.#counts.documents++
    this.#counts.passages += known
    this.#counts.unchanged += known
    return true
  }

  #file(parsed: ParsedDocument, place: { key: string; file: string | null; hash: string }) {
    const { store, principal } = this.#context
    const stamp = stampFor(this.#context, 'ingest', this.#options.note)
    // Not abortable: stopping leaves whole documents.
    return store.write(principal, stamp, tx =>
      fileDocument(tx, parsed, {
        ...place,
        project: this.#project,
        options: this.#options,
        context: this.#context,
        at: stamp.at,
      }),
    )
  }

  #count(counts: Counts): void {
    this.#counts.documents++
    for (const [name, count] of Object.entries(counts)) this.#counts[name as keyof Counts] += count
  }

  #fail(path: string, { code, message }: HeirloomError): void {
    this.#errors.push({ path, code, message })
  }

  async #finish(): Promise<void> {
    for (const [reason, count] of this.#skipped) this.#notices.push(`Left out ${count}: ${reason}.`)
    this.#notices.push(...goneNotice(this.#gone), ...waitingNotice(this.#waiting))
    const { engine } = this.#context.store
    if (this.#counts.added >= MANY) await engine.keyword.putInOrder(work => engine.write(work))
  }
}

function withSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

function stopped(done: number, total: number, signal: AbortSignal): HeirloomError {
  return new HeirloomError(
    'ABORTED',
    `Stopped after ${done} of ${total} files; what was read is kept whole. Run the same command again to go on.`,
    { cause: signal.reason },
  )
}

function waitingNotice(waiting: number): string[] {
  if (waiting === 0) return []
  const [what, them] = waiting === 1 ? ['1 passage is', 'it'] : [`${waiting} passages are`, 'them']
  return [`${what} only proposed, and out of recall until a person has reviewed ${them}: heirloom review`]
}
