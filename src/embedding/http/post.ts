/** One request: within its time and its size, to an address that is allowed, and never on to another. */
import type { IncomingMessage } from 'node:http'
import * as http from 'node:http'
import * as https from 'node:https'
import type { LookupFunction } from 'node:net'

export interface Transport {
  readonly url: URL
  readonly agent: http.Agent
  readonly lookup: LookupFunction
  readonly headers: Readonly<Record<string, string>>
}

export function agentFor({ protocol }: URL): http.Agent {
  const options = { keepAlive: true, maxSockets: 4 }
  return protocol === 'https:' ? new https.Agent(options) : new http.Agent(options)
}

export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  /** Empty unless the status is 200. */
  readonly body: Buffer
}

/** That an answer has more bytes than any answer needs. */
export class TooLarge extends Error {}

/** What vectors of some thousand dimensions for a batch take as JSON, several times over. */
export const LARGEST_ANSWER = 32 * 1024 * 1024

/**
 * Posts JSON. Rejects with the signal's reason, TooLarge, AddressRefused, or Node's own error of the connection.
 * @param signal ends the request wherever it is.
 */
export function post(transport: Transport, body: string, signal: AbortSignal): Promise<Answer> {
  const { url, agent, lookup, headers } = transport
  const { request } = url.protocol === 'https:' ? https : http
  const bytes = Buffer.from(body)
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      agent,
      lookup,
      signal,
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        'content-type': 'application/json',
        'content-length': bytes.length,
        ...headers,
      },
    }
    const sent = request(url, options, response => {
      toAnswer(response).then(resolve, error => {
        response.destroy()
        reject(signal.aborted ? signal.reason : error)
      })
    })
    sent.on('error', error => reject(signal.aborted ? signal.reason : error))
    sent.end(bytes)
  })
}

async function toAnswer(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response
  if (status !== 200) {
    // Nothing of it is told: it may repeat what was sent.
    response.destroy()
    return { status, headers, body: Buffer.alloc(0) }
  }
  if (Number(headers['content-length']) > LARGEST_ANSWER) throw new TooLarge()
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LARGEST_ANSWER) throw new TooLarge()
    chunks.push(chunk)
  }
  return { status, headers, body: Buffer.concat(chunks) }
}
