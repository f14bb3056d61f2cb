/**
 * One call of ingest: what is found is read, parsed and filed, a document a transaction, so that stopping leaves
 * whole documents. A source that cannot be read is told in the report and changes nothing.
 */

import type { ParsedDocument, Source } from '../ingest/document.ts'
import { extensionOf, parseSource } from '../ingest/parse.ts'
import { type FoundSource, findSources, readSource, sourceFromText } from '../ingest/walk.ts'
import { sha256OfBytes } from '../model/digest.ts'
import { HeirloomError } from '../model/errors.ts'
import { type Filed, type FilingOptions, fileDocument, vanishDocument } from './filing.ts'
import { type Context, stampFor } from './operation.ts'

export interface IngestOptions extends FilingOptions {
  readonly project?: string | undefined
  readonly note?: string | undefined
}

interface Problem {
  readonly path: string
  readonly code: string
  readonly message: string
}

/** After this many new passages the database's planner is told that its statistics are old. */
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
  #project: string | null = null

  constructor(options: IngestOptions, context: Context) {
    this.#options = options
    this.#context = context
  }

  async takeText(name: string, text: string): Promise<void> {
    await this.#resolveProject()
    await this.#take(name, null, sourceFromText(name, text))
    await this.#finish()
  }

  /** @throws ABORTED saying how far it came, SOURCE_UNREADABLE when a named path does not exist. */
  async takePaths(paths: readonly string[]): Promise<void> {
    const found = await this.#find(paths)
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
  async #find(paths: readonly string[]): Promise<FoundSource[]> {
    const found: FoundSource[] = []
    const skipped = new Map<string, number>()
    for (const path of paths) {
      for await (const source of findSources(path, withSignal(this.#context.signal))) {
        if (source.skipped === undefined) found.push(source)
        else skipped.set(source.skipped, (skipped.get(source.skipped) ?? 0) + 1)
      }
    }
    for (const [reason, count] of skipped) this.#notices.push(`Left out ${count}: ${reason}.`)
    if (found.length === 0) this.#notices.push('Nothing to read was found there.')
    return found
  }

  async #resolveProject(): Promise<void> {
    const { project } = this.#options
    if (project === undefined) return
    const { store, principal } = this.#context
    const { name, near } = await store.write(principal, stampFor(this.#context, 'ingest'), tx =>
      tx.projects.ensure(project),
    )
    if (near.length > 0) this.#notices.push(`Project "${name}" is new. Did you mean ${near.join(' or ')}?`)
    this.#project = name
  }

  async #takeFile({ path, error }: FoundSource): Promise<void> {
    if (error !== undefined) return this.#fail(path, error)
    try {
      await this.#take(path, path, await readSource(path, withSignal(this.#context.signal)))
    } catch (cause) {
      const ofSource = cause instanceof HeirloomError && cause.code.startsWith('SOURCE_')
      if (!ofSource) throw cause
      this.#fail(path, cause)
    }
  }

  async #take(name: string, file: string | null, source: Source): Promise<void> {
    const hash = sha256OfBytes(source.bytes)
    if (await this.#isUnchanged(name, hash)) return
    const keys = new Set<string>()
    for (const parsed of parseSource(source)) {
      const key = parsed.key === null ? name : `${name}#${parsed.key}`
      keys.add(key)
      this.#count(await this.#file(parsed, { key, file, hash }))
      for (const warning of parsed.warnings) this.#notices.push(`${key}: ${warning}`)
    }
    if (extensionOf(name) === 'json') await this.#vanishOthers(name, keys)
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
      const document = await tx.documents.bySource(key)
      const stays = this.#project === null || document?.project === this.#project
      return stays && document?.hash === hash ? tx.memories.countPassages(document.id) : null
    })
    if (known === null) return false
    this.#counts.documents++
    this.#counts.passages += known
    this.#counts.unchanged += known
    return true
  }

  #file(parsed: ParsedDocument, place: { key: string; file: string | null; hash: string }): Promise<Filed> {
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

  #count(filed: Filed): void {
    this.#counts.documents++
    for (const [name, count] of Object.entries(filed)) this.#counts[name as keyof Filed] += count
  }

  #fail(path: string, { code, message }: HeirloomError): void {
    this.#errors.push({ path, code, message })
  }

  async #finish(): Promise<void> {
    const { store } = this.#context
    if (this.#counts.added < MANY) return
    await store.engine.write(db => store.engine.keyword.refreshStatistics(db))
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
