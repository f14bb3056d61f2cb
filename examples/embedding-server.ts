/**
 * A server of embeddings to try things with: OpenAI's `/v1/embeddings` in one file. It is no model of language: it counts
 * groups of three letters, so that texts are near each other that are spelt alike, whatever they mean.
 *
 *   node examples/embedding-server.ts 8089
 */
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

const DIMENSIONS = 256

const server = createServer(async (request, response) => {
  const body = await text(request)
  response.setHeader('content-type', 'application/json')
  if (request.method !== 'POST' || request.url !== '/v1/embeddings') response.writeHead(404).end('{}')
  else response.end(JSON.stringify(answer(JSON.parse(body))))
})
server.listen(Number(process.argv[2] ?? 8089), '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object')
    console.log(`Answers at http://127.0.0.1:${address.port}/v1`)
})

function answer({ model, input }: { model: string; input: string | string[] }) {
  const data = [input].flat().map((text, index) => ({ object: 'embedding', index, embedding: count(text) }))
  return { object: 'list', model, data }
}

/** How often each group of three letters occurs, by its place among the dimensions. */
function count(text: string): number[] {
  // No text is without any: a vector of nothing has no direction.
  const counts = new Array<number>(DIMENSIONS).fill(0.01)
  const letters = ` ${text.toLowerCase()} `.replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
  for (let at = 0; at + 3 <= letters.length; at++) {
    const place = [0, 1, 2].reduce((sum, next) => sum * 31 + letters.charCodeAt(at + next), 0) % DIMENSIONS
    counts[place] = (counts[place] ?? 0) + 1
  }
  return counts
}
