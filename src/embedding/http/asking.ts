/** A server asked for the vectors of a batch: again where that may help, and with a reason where it does not. */
import { aborted, mustNotBeAborted, untilAborted } from '../abort.ts'
import { unavailable } from '../failures.ts'
import { AddressRefused } from './addresses.ts'
import { vectorsOf, WrongAnswer } from './answer.ts'
import { type Answer, LARGEST_ANSWER, post, TooLarge, type Transport } from './post.ts'
import { ATTEMPTS, isPassing, isPassingStatus, pauseAfter } from './retry.ts'

export interface Server {
  readonly transport: Transport
  readonly model: string
  /** Milliseconds that one request may take, its answer included. */
  readonly timeLimit: number
  readonly random: () => number
  readonly pause: (milliseconds: number) => Promise<void>
}

export interface Asked {
  /** Undefined until the first answer. */
  readonly dimensions: number | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * One vector of length 1 a text, in their order.
 * @throws EMBEDDER_UNAVAILABLE, SPACE_MISMATCH or ABORTED
 */
export async function ask(server: Server, texts: readonly string[], asked: Asked): Promise<Float32Array[]> {
  const who = nameOf(server)
  const body = JSON.stringify({ model: server.model, input: texts })
  const answer = await mustAnswer(server, body, asked.signal)
  try {
    return vectorsOf(answer, { count: texts.length, dimensions: asked.dimensions, who })
  } catch (error) {
    if (!(error instanceof WrongAnswer)) throw error
    throw unavailable(`${who} ${error.message}. Check that its URL is one of OpenAI’s kind, /v1/embeddings.`)
  }
}

function nameOf({ transport }: Pick<Server, 'transport'>): string {
  return `The embedder at ${transport.url.host}`
}

/** The answer of the first attempt that has the status 200. */
async function mustAnswer(server: Server, body: string, signal: AbortSignal | undefined): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    mustNotBeAborted(signal)
    const tried = await tryOnce(server, body, signal)
    const isError = tried instanceof Error
    if (!isError && tried.status === 200) return tried
    const mayPass = isError ? isPassing(tried) : isPassingStatus(tried.status)
    if (!mayPass || attempt === ATTEMPTS) throw toFailure(server, tried, attempt)
    const wait = pauseAfter(attempt, server.random(), isError ? undefined : tried.headers)
    await untilAborted(server.pause(wait), signal)
  }
}

async function tryOnce(
  { transport, timeLimit }: Server,
  body: string,
  signal: AbortSignal | undefined,
): Promise<Answer | Error> {
  const limit = AbortSignal.timeout(timeLimit)
  try {
    return await post(transport, body, signal === undefined ? limit : AbortSignal.any([signal, limit]))
  } catch (error) {
    if (signal?.aborted) throw aborted(signal)
    if (error instanceof Error) return error
    throw error
  }
}

function toFailure(server: Server, tried: Answer | Error, attempts: number): Error {
  const who = nameOf(server)
  const times = attempts === 1 ? '' : ` after ${attempts} attempts`
  if (!(tried instanceof Error))
    return unavailable(`${who} answered ${tried.status}${times}${sayStatus(server, tried)}.`)
  return unavailable(`${who} ${sayError(server, tried)}${times}.${remedyFor(tried)}`, tried)
}

function sayError({ timeLimit }: Server, error: Error): string {
  if (error.name === 'TimeoutError') return `gave no answer within ${timeLimit} ms`
  if (error instanceof TooLarge) return `answered with more than ${LARGEST_ANSWER} bytes`
  if (error instanceof AddressRefused) return `was not asked: ${error.message}`
  return `cannot be reached (${'code' in error ? String(error.code) : error.name})`
}

function remedyFor(error: Error): string {
  if (error instanceof AddressRefused) return ' To use a server of your own network, name its address.'
  if (error instanceof TooLarge) return ' Check that its URL is one of OpenAI’s kind, /v1/embeddings.'
  return ' Check its URL, and that it runs.'
}

/** What a status means, with the remedy. A server's own words may repeat what was sent, and are not told. */
function sayStatus({ transport, model }: Server, { status, headers }: Answer): string {
  const named = JSON.stringify(model)
  if (status >= 300 && status < 400)
    return ` and points to ${placeOf(transport.url, headers.location)}; redirects are not followed: name that URL if you trust it`
  if (status === 401 || status === 403)
    return ': it refuses the key. Set HEIRLOOM_EMBEDDING_KEY in the environment'
  if (status === 404) return `: check the path of its URL (…/v1) and the model ${named}`
  if (status === 429) return ': it is asked too often. Try again later'
  if (status >= 500) return ': look into its log'
  return `: it does not take the model ${named}, or a text is too long for it`
}

/** Where a redirect points, without a query or user, in which a secret may be. */
function placeOf(from: URL, location: string | undefined): string {
  if (location === undefined || !URL.canParse(location, from.href)) return 'nowhere'
  const { origin, protocol, pathname } = new URL(location, from)
  return `${origin === 'null' ? protocol : origin}${pathname}`.slice(0, 200)
}
