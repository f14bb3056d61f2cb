/** The thread of a model, as seen from the outside. Native code runs in it, so it may end at any time. */
import { Worker } from 'node:worker_threads'
import { spaceDigest } from './digest.ts'
import { unavailable } from './failures.ts'
import type { DownloadProgress, EmbedRequest, WorkerMessage, WorkerTask } from './transformers-worker.ts'

/** Beside this file: as a source, or as a bundle of its own. */
const FILE = `./transformers-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`

export interface ThreadOptions {
  /** What runs in it, for messages: "The model …". */
  readonly who: string
  readonly environment: NodeJS.ProcessEnv
  readonly onDownload: ((progress: DownloadProgress) => void) | undefined
}

type Vectors = readonly (Float32Array | null)[]
type Ready = Extract<WorkerMessage, { kind: 'ready' }>

export class ModelThread {
  readonly dimensions: number
  readonly digest: string
  readonly #worker: Worker
  readonly #who: string
  readonly #waiting = new Map<number, PromiseWithResolvers<Vectors>>()
  readonly #end = Promise.withResolvers<void>()
  #asked = 0
  #hasEnded = false

  /**
   * Begins the thread and waits until its model is read.
   * @throws EMBEDDER_UNAVAILABLE saying what is missing.
   */
  static async start(task: WorkerTask, options: ThreadOptions): Promise<ModelThread> {
    const worker = new Worker(new URL(FILE, import.meta.url), {
      workerData: task,
      env: options.environment,
      execArgv: [],
      // What a library prints must not get among the answers of a server that speaks through standard output.
      stdout: true,
      stderr: true,
      name: 'heirloom embedder',
    })
    worker.stdout.resume()
    worker.stderr.resume()
    const ready = await untilReady(worker, options)
    return new ModelThread(worker, ready, options.who)
  }

  private constructor(worker: Worker, { dimensions, digests }: Ready, who: string) {
    this.#worker = worker
    this.#who = who
    this.dimensions = dimensions
    this.digest = spaceDigest(digests)
    worker.on('message', message => this.#hear(message))
    worker.on('error', error => this.#stop(`failed (${error.name})`, error))
    worker.on('exit', code => this.#stop(`ended (exit code ${code})`))
    worker.unref()
  }

  /** Resolves when the thread ended, by itself or not. */
  get ended(): Promise<void> {
    return this.#end.promise
  }

  /** @throws EMBEDDER_UNAVAILABLE where the model fails, or the thread ends before it answers. */
  ask(prefix: string, texts: readonly string[]): Promise<Vectors> {
    const id = ++this.#asked
    const waiter = Promise.withResolvers<Vectors>()
    if (this.#hasEnded) throw this.#gone('has ended')
    this.#waiting.set(id, waiter)
    // Only while somebody waits does the thread keep its process alive.
    this.#worker.ref()
    this.#worker.postMessage({ id, prefix, texts } satisfies EmbedRequest)
    return waiter.promise
  }

  #hear(message: WorkerMessage): void {
    if (message.kind !== 'vectors' && message.kind !== 'failed') return
    const waiter = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (this.#waiting.size === 0) this.#worker.unref()
    if (message.kind === 'vectors') waiter?.resolve(message.vectors)
    else waiter?.reject(unavailable(`${this.#who} failed on a text (${message.message}).`))
  }

  #stop(what: string, cause?: unknown): void {
    this.#hasEnded = true
    for (const waiter of this.#waiting.values()) waiter.reject(this.#gone(what, cause))
    this.#waiting.clear()
    this.#end.resolve()
  }

  #gone(what: string, cause?: unknown): Error {
    return unavailable(`${this.#who}: its thread ${what}. The next call begins another.`, cause)
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}

function untilReady(worker: Worker, { who, onDownload }: ThreadOptions): Promise<Ready> {
  const { promise, resolve, reject } = Promise.withResolvers<Ready>()
  const gone = (what: string, cause?: unknown) =>
    reject(
      unavailable(
        `${who} cannot be used: its thread ${what} while it began. Try it with another model.`,
        cause,
      ),
    )
  worker.on('message', function hear(message: WorkerMessage) {
    if (message.kind === 'download') return onDownload?.(message.progress)
    worker.off('message', hear)
    if (message.kind === 'ready') resolve(message)
    else if (message.kind === 'refused') reject(unavailable(message.message))
  })
  worker.once('error', error => gone(`failed (${error.message})`, error))
  worker.once('exit', code => gone(`ended (exit code ${code})`))
  return promise
}
