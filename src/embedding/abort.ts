/** Cancelled calls. */
import { HeirloomError } from '../model/errors.ts'

export function mustNotBeAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal)
}

export function aborted(signal: AbortSignal): HeirloomError {
  return new HeirloomError('ABORTED', 'Cancelled.', { cause: signal.reason })
}

/** What a promise gives, unless the call is cancelled before: then it is not waited for. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  const { promise: cancelled, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(aborted(signal))
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([promise, cancelled])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
