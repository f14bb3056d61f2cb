/** The SDK's stdio transport, which drops what it is still answering when stdin ends; this one finishes first. */
import { PassThrough } from 'node:stream'
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/server'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'

/** Clients kill a server that takes much longer to go. */
const FINISH_WITHIN_MS = 1_500

export interface Stdio {
  readonly transport: Transport
  /** When no more will be read and what was asked is answered. */
  readonly ended: Promise<void>
}

export function stdioThatFinishes(): Stdio {
  const input = new PassThrough()
  const inner = new StdioServerTransport(input, process.stdout)
  const waiting = new Set<string | number>()
  let finished = () => {}
  const transport: Transport = {
    start: () => inner.start(),
    close: () => inner.close(),
    send: message => {
      const sent = inner.send(message)
      if ('id' in message && !('method' in message) && message.id !== undefined) waiting.delete(message.id)
      if (waiting.size === 0) finished()
      return sent
    },
  }
  inner.onmessage = message => {
    const settled = cancelledBy(message)
    if (settled !== null) waiting.delete(settled)
    if ('id' in message && 'method' in message) waiting.add(message.id)
    transport.onmessage?.(message)
  }
  inner.onerror = error => transport.onerror?.(error)
  const closed = new Promise<void>(resolve => {
    inner.onclose = () => {
      transport.onclose?.()
      resolve()
    }
  })
  process.stdin.pipe(input, { end: false })
  const drained = inputEnd().then(() =>
    idle(
      () => waiting.size === 0,
      resolve => (finished = resolve),
    ),
  )
  return { transport, ended: Promise.race([closed, drained]) }
}

function inputEnd(): Promise<void> {
  return new Promise(resolve => {
    process.stdin.once('end', resolve)
    process.stdin.once('close', resolve)
    process.stdin.once('error', () => resolve())
  })
}

/** Waits for the answers that are due; for one turn at least, so that what was just read has been taken. */
async function idle(isIdle: () => boolean, whenIdle: (resolve: () => void) => void): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
  if (isIdle()) return
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, FINISH_WITHIN_MS)
    whenIdle(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** A request that its client cancelled gets no answer. */
function cancelledBy(message: JSONRPCMessage): string | number | null {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return null
  return (message.params as { requestId?: string | number } | undefined)?.requestId ?? null
}
