/** The address of an OpenAI-compatible `/v1/embeddings`, from what a person wrote. */
import { invalid } from '../failures.ts'

/** Parts of a query that are keys under another name. */
const SECRET_PARAMETER = /key|token|secret|password|signature|^sig$/i

/**
 * The endpoint of a URL; one that ends in /v1 gets /embeddings appended.
 * @throws INVALID_INPUT where it is no http(s) URL, or holds a credential: those come from the environment alone.
 */
export function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  // The text is not shown: a password may be in it.
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw invalid('The URL of an embedder must be like https://host/v1 or http://127.0.0.1:11434/v1.')
  const hasSecret = [...url.searchParams.keys()].some(name => SECRET_PARAMETER.test(name))
  if (url.username !== '' || url.password !== '' || hasSecret)
    throw invalid(
      `The URL of the embedder at ${url.host} holds a user, password or key. Leave it out and set HEIRLOOM_EMBEDDING_KEY in the environment.`,
    )
  url.hash = ''
  url.pathname = url.pathname.replace(/\/v1\/?$/, '/v1/embeddings')
  return url
}
