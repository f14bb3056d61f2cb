/** A server of embeddings on a free port of this machine, which answers as a test has it. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Received {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: { readonly model: string; readonly input: readonly string[] }
}

/** @param count of the requests so far, this one included. */
export type Reply = (response: ServerResponse, received: Received, count: number) => void

export interface EmbeddingServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
  readonly port: number
  readonly received: readonly Received[]
}

export async function serveEmbeddings(reply: Reply): Promise<EmbeddingServer> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const { method, url: path, headers } = request
    const entry = { method, path, headers, body: JSON.parse(await text(request)) as Received['body'] }
    reply(response, entry, received.push(entry))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    received,
    [Symbol.asyncDispose]: () =>
      new Promise(done => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

/** Any numbers that differ between texts. */
export function numbersOf(content: string): number[] {
  return [content.length, content.charCodeAt(0) || 1, -1]
}

export function sendJson(response: ServerResponse, value: unknown, type = 'application/json'): void {
  response.setHeader('content-type', type)
  response.end(typeof value === 'string' ? value : JSON.stringify(value))
}

/** As OpenAI answers. */
export const sound: Reply = (response, { body }) => {
  const data = body.input.map((content, index) => ({
    object: 'embedding',
    index,
    embedding: numbersOf(content),
  }))
  sendJson(
    response,
    { object: 'list', data, model: body.model, usage: {} },
    'application/json; charset=utf-8',
  )
}
