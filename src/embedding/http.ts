/**
 * A server with OpenAI's `/v1/embeddings`: Ollama, LM Studio, vLLM, OpenAI. Texts go only to the address that was
 * named, the key comes from the environment alone, and messages hold neither texts nor the key.
 */
import type { LookupFunction } from 'node:net'
import { mustNotBeAborted } from './abort.ts'
import {
  type Embedder,
  type EmbedOptions,
  type Prefixes,
  type Purpose,
  prefixFor,
  type SpaceDescription,
} from './embedder.ts'
import { invalid } from './failures.ts'
import { guardedLookup, isPublic } from './http/addresses.ts'
import { ask, type Server } from './http/asking.ts'
import { batchesOf, LARGEST_BATCH } from './http/batches.ts'
import { parseEndpoint } from './http/endpoint.ts'
import { agentFor } from './http/post.ts'

export interface HttpSpec extends Prefixes {
  readonly url: string
  /** As the server calls it. */
  readonly model: string
  /** Learnt from a short text where it is not given. */
  readonly dimensions: number | undefined
}

export interface HttpOptions {
  readonly environment: NodeJS.ProcessEnv
  readonly random: () => number
  readonly pause: (milliseconds: number) => Promise<void>
  /** Milliseconds that one request may take; 30,000 by default. */
  readonly timeLimit?: number
  /** How names are resolved; the system's own way by default. */
  readonly lookup?: LookupFunction
  /** Ends opening. */
  readonly signal?: AbortSignal | undefined
}

const TIME_LIMIT = 30_000

/** What is embedded to learn the dimensions. */
const PROBE = 'memory'

export class HttpEmbedder implements Embedder {
  readonly space: SpaceDescription
  readonly isInstant = false
  readonly batch = LARGEST_BATCH
  readonly #server: Server

  /**
   * Asks the server nothing where the dimensions are known.
   * @throws INVALID_INPUT where the URL or the key may not be used so.
   * @throws EMBEDDER_UNAVAILABLE
   */
  static async open(spec: HttpSpec, options: HttpOptions): Promise<HttpEmbedder> {
    const server = serverFor(spec, options)
    const { dimensions } = spec
    if (dimensions !== undefined) return new HttpEmbedder(toSpace(spec, server, dimensions), server)
    try {
      const [probe] = await ask(server, [PROBE], { dimensions, signal: options.signal })
      return new HttpEmbedder(toSpace(spec, server, probe?.length ?? 0), server)
    } catch (error) {
      server.transport.agent.destroy()
      throw error
    }
  }

  private constructor(space: SpaceDescription, server: Server) {
    this.space = space
    this.#server = server
  }

  async embed(
    texts: readonly string[],
    purpose: Purpose,
    { signal }: EmbedOptions = {},
  ): Promise<(Float32Array | null)[]> {
    mustNotBeAborted(signal)
    const prefix = prefixFor(purpose, this.space)
    const { dimensions } = this.space
    // Blank texts have no vector; what a server would make of them is left unasked.
    const asked = texts.flatMap((text, index) => (text.trim() === '' ? [] : [index]))
    const vectors = new Array<Float32Array | null>(texts.length).fill(null)
    let done = 0
    for (const batch of batchesOf(asked.map(index => (prefix + texts[index]!).toWellFormed())))
      for (const vector of await ask(this.#server, batch, { dimensions, signal }))
        vectors[asked[done++]!] = vector
    return vectors
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.transport.agent.destroy()
  }
}

function serverFor({ url: text, model }: HttpSpec, options: HttpOptions): Server {
  const url = parseEndpoint(text)
  const key = keyOf(url, options.environment)
  const isClear = key !== null && url.protocol === 'http:'
  if (isClear && isPublic(url))
    throw invalid(
      `The embedder at ${url.host} would be sent its key unencrypted. Write its URL with https, or unset HEIRLOOM_EMBEDDING_KEY.`,
    )
  const { random, pause, timeLimit = TIME_LIMIT, lookup } = options
  const transport = {
    url,
    agent: agentFor(url),
    lookup: guardedLookup({ mustStayNear: isClear, lookup }),
    headers: key === null ? {} : { authorization: `Bearer ${key}` },
  }
  return { transport, model, timeLimit, random, pause }
}

/**
 * That of the server's own variable before the one for all: in a store that several people share, a server that one of
 * them names shall not be sent another one's key for a different server.
 */
function keyOf({ hostname }: URL, environment: NodeJS.ProcessEnv): string | null {
  const own = `HEIRLOOM_EMBEDDING_KEY_${variableOf(hostname)}`
  const name = own in environment ? own : 'HEIRLOOM_EMBEDDING_KEY'
  const key = (environment[name] ?? '').trim()
  if (key === '') return null
  if (!/^[\x21-\x7e]+$/.test(key))
    throw invalid(`${name} has characters that no key has. Set it again, without quotes or line breaks.`)
  return key
}

/** No two servers have the same: a name has no empty label, and none that begins or ends with a hyphen. */
function variableOf(hostname: string): string {
  const marks: Record<string, string> = { '.': '_', '-': '__', ':': '___' }
  return hostname.toUpperCase().replace(/[^A-Z0-9]/g, mark => marks[mark] ?? '')
}

function toSpace({ model, query_prefix, document_prefix }: HttpSpec, server: Server, dimensions: number) {
  return {
    provider: `http:${server.transport.url.href}`,
    model,
    dimensions,
    pooling: 'server',
    normalised: true,
    query_prefix,
    document_prefix,
    digest: '',
  }
}
