import { HeirloomError } from '../../model/errors.ts'

/** No operation takes more, in bytes; reading on would only fill the memory. */
const MOST = 64 * 1024 * 1024

/** @throws INVALID_INPUT when it is not UTF-8 or over 64 MiB. A byte order mark is left out. */
export async function readStdin(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('Type the text; end with Ctrl-D on a line of its own.\n')
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MOST)
      throw new HeirloomError('INVALID_INPUT', 'stdin: more than 64 MiB. Split it into several texts.')
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw new HeirloomError(
      'INVALID_INPUT',
      'stdin: not UTF-8 text. Convert it first, as with: iconv -t UTF-8',
      { cause },
    )
  }
}
