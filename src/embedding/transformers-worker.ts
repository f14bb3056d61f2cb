/**
 * The thread in which ONNX models run, so that the event loop of the process stays free. It loads the optional peer
 * @huggingface/transformers, reads one model, and answers batch after batch.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'

export interface WorkerTask {
  /** A folder, absolute; or the id of a model that is fetched, or was. */
  readonly source: { readonly folder: string } | { readonly id: string }
  readonly allowDownload: boolean
  readonly downloads: string | null
  /** The folder whose node_modules holds the peer; where Node itself finds it, null. */
  readonly peerFrom: string | null
  /** Another host to fetch from. */
  readonly host: string | null
}

export interface DownloadProgress {
  readonly file: string
  readonly bytes: number
  /** 0 where the server does not tell. */
  readonly total: number
}

export interface EmbedRequest {
  readonly id: number
  /** Stands before every text. */
  readonly prefix: string
  readonly texts: readonly string[]
}

export type WorkerMessage =
  | {
      readonly kind: 'ready'
      readonly dimensions: number
      readonly digests: Readonly<Record<string, string>>
    }
  /** Why there is nothing to work with; the thread ends. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'download'; readonly progress: DownloadProgress }
  | { readonly kind: 'vectors'; readonly id: number; readonly vectors: readonly (Float32Array | null)[] }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }

/** What is used of @huggingface/transformers; its own declarations are there only where it is installed. */
interface Peer {
  readonly env: {
    allowRemoteModels: boolean
    useFSCache: boolean
    cacheDir: string | null
    remoteHost: string
    logLevel: number
  }
  readonly pipeline: (task: 'feature-extraction', model: string, options: object) => Promise<Extractor>
}

interface Extractor {
  (text: string, options: object): Promise<{ readonly data: Float32Array; readonly dims: readonly number[] }>
  readonly tokenizer: Tokenizer
}

interface Tokenizer {
  (text: string, options: object): { readonly input_ids: { readonly data: ArrayLike<bigint> } }
  readonly all_special_ids: readonly number[]
  model_max_length: number | null
}

const PEER = '@huggingface/transformers'
const WEIGHTS = 'onnx/model_quantized.onnx'
/** Some models keep their weights beside the graph. */
const WEIGHTS_BESIDE = 'onnx/model_quantized.onnx_data'
const FILES = ['config.json', 'tokenizer.json', WEIGHTS]
/** Tokens that are read of a text where the model does not limit them itself: their square is what attention costs. */
const MOST_TOKENS = 512
const SILENT = 50

/** Why a model cannot be used, in words for the person who named it. */
class Refusal extends Error {}

async function loadPeer({ peerFrom }: WorkerTask): Promise<Peer> {
  // Not written as a literal, so that neither a bundler nor a compiler looks for what may not be there.
  const specifier = peerFrom === null ? PEER : moduleIn(peerFrom)
  try {
    const found = (await import(specifier)) as Peer & { readonly default?: Peer }
    return found.env === undefined && found.default !== undefined ? found.default : found
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    if (isMissing && error.message.includes(`'${PEER}'`))
      throw new Refusal(`${PEER} is not installed. Install it beside heirloom: npm install ${PEER}`)
    throw new Refusal(
      `${PEER} cannot be loaded (${messageOf(error)}). Install it again beside heirloom: npm install ${PEER}`,
    )
  }
}

function moduleIn(folder: string): string {
  try {
    return pathToFileURL(createRequire(join(folder, 'index.js')).resolve(PEER)).href
  } catch {
    return PEER
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!.slice(0, 300)
}

function isComplete(folder: string): boolean {
  return FILES.every(file => existsSync(join(folder, file)))
}

/** The folder with the model's files, fetched there if that is allowed. */
async function folderOf(peer: Peer, task: WorkerTask): Promise<string> {
  const { source } = task
  if ('folder' in source) {
    const missing = FILES.find(file => !existsSync(join(source.folder, file)))
    if (missing === undefined) return source.folder
    throw new Refusal(
      `${join(source.folder, missing)} is missing. A folder for transformers: holds ${FILES.join(', ')}.`,
    )
  }
  const { env } = peer
  if (task.downloads !== null) env.cacheDir = task.downloads
  const folder = join(env.cacheDir ?? '.', source.id)
  if (isComplete(folder)) return folder
  if (!task.allowDownload)
    throw new Refusal(
      `The model ${source.id} is not in ${env.cacheDir}. Allow it to be downloaded, or name a folder that holds it: transformers:/folder.`,
    )
  await download(peer, source.id, task)
  if (isComplete(folder)) return folder
  throw new Refusal(`The model ${source.id} was fetched, but ${folder} does not hold ${FILES.join(', ')}.`)
}

async function download({ env, pipeline }: Peer, id: string, { host }: WorkerTask): Promise<void> {
  env.allowRemoteModels = true
  if (host !== null) env.remoteHost = host.endsWith('/') ? host : `${host}/`
  try {
    await pipeline('feature-extraction', id, { dtype: 'q8', progress_callback: tellProgress })
  } catch (error) {
    throw new Refusal(
      `The model ${id} cannot be fetched (${messageOf(error)}). Check its id and the network.`,
    )
  } finally {
    env.allowRemoteModels = false
  }
}

function tellProgress(event: { status?: string; file?: string; loaded?: number; total?: number }): void {
  const { status, file = '', loaded: bytes = 0, total = 0 } = event
  if (status === 'progress') tell({ kind: 'download', progress: { file, bytes, total } })
}

async function digestsOf(folder: string): Promise<Record<string, string>> {
  const names = [WEIGHTS, WEIGHTS_BESIDE, 'tokenizer.json'].filter(name => existsSync(join(folder, name)))
  const digests: Record<string, string> = {}
  for (const name of names) {
    const sum = createHash('sha256')
    for await (const chunk of createReadStream(join(folder, name), { highWaterMark: 1 << 20 }))
      sum.update(chunk)
    digests[name] = sum.digest('hex')
  }
  return digests
}

async function load(peer: Peer, folder: string): Promise<Extractor> {
  // By its path the library takes the files themselves, and neither its cache nor the network.
  peer.env.useFSCache = false
  try {
    const extract = await peer.pipeline('feature-extraction', folder, { dtype: 'q8', local_files_only: true })
    const { tokenizer } = extract
    const most = tokenizer.model_max_length
    if (most === null || !(most <= LONGEST_READ)) tokenizer.model_max_length = MOST_TOKENS
    return extract
  } catch (error) {
    throw new Refusal(`The model in ${folder} cannot be used (${messageOf(error)}). Fetch it again.`)
  }
}

/** Tokens that a model may say it reads; some files have 1e30 for "as many as there are". */
const LONGEST_READ = 8192

/** Null where no token is known: only those that stand at the ends of every text, and that for unknown ones. */
async function vectorOf(extract: Extractor, prefix: string, text: string): Promise<Float32Array | null> {
  const { tokenizer } = extract
  const { data: ids } = tokenizer(text, { truncation: true }).input_ids
  const special = new Set(tokenizer.all_special_ids)
  if (Array.from(ids, Number).every(id => special.has(id))) return null
  const { data } = await extract(prefix + text, { pooling: 'mean', normalize: true })
  return Float32Array.from(data)
}

function tell(message: WorkerMessage): void {
  parentPort?.postMessage(message)
}

async function answer(extract: Extractor, { id, prefix, texts }: EmbedRequest): Promise<void> {
  try {
    // One by one: 8-bit models scale their activations by the whole batch, so a text's vector would depend on what
    // stands beside it. Short texts would be done a third sooner together, long ones not.
    const vectors: (Float32Array | null)[] = []
    for (const text of texts) vectors.push(await vectorOf(extract, prefix, text))
    tell({ kind: 'vectors', id, vectors })
  } catch (error) {
    tell({ kind: 'failed', id, message: messageOf(error) })
  }
}

async function run(task: WorkerTask): Promise<void> {
  const peer = await loadPeer(task)
  peer.env.logLevel = SILENT
  peer.env.allowRemoteModels = false
  const folder = await folderOf(peer, task)
  const digests = await digestsOf(folder)
  const extract = await load(peer, folder)
  const { dims } = await extract('memory', { pooling: 'mean', normalize: true })
  let last = Promise.resolve()
  parentPort?.on('message', (request: EmbedRequest) => {
    last = last.then(() => answer(extract, request))
  })
  tell({ kind: 'ready', dimensions: dims.at(-1) ?? 0, digests })
}

run(workerData as WorkerTask).catch(error => {
  if (!(error instanceof Refusal)) throw error
  tell({ kind: 'refused', message: error.message })
})
