/**
 * Lines of JSON on stderr, in the form that pino writes. Not pino itself: loading it takes longer than this server
 * takes to answer. Content never appears here; of a failure only its kind and the places it passed.
 */
export function log(message: string, fields: Readonly<Record<string, unknown>> = {}, level = 30): void {
  const line = { level, time: Date.now(), pid: process.pid, name: 'heirloom-mcp', ...fields, msg: message }
  process.stderr.write(`${JSON.stringify(line)}\n`)
}

/** An error without its message, which may quote what was stored. */
export function placesOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error }
  const places = error.stack
    ?.split('\n')
    .filter(line => /^\s+at /.test(line))
    .map(line => line.trim())
  return { error: error.name, places: places?.slice(0, 8) }
}
