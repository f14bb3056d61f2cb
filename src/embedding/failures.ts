/** What an embedder refuses with. The message names the thing and the remedy, and never a text or a key. */
import { HeirloomError } from '../model/errors.ts'

export function unavailable(message: string, cause?: unknown): HeirloomError {
  return new HeirloomError('EMBEDDER_UNAVAILABLE', message, { cause })
}

export function invalid(message: string): HeirloomError {
  return new HeirloomError('INVALID_INPUT', message)
}

/** @throws SPACE_MISMATCH where vectors would have other dimensions than the space that was asked for. */
export function mustHaveDimensions(found: number, wanted: number | undefined, who: string): void {
  if (wanted === undefined || wanted === found) return
  throw new HeirloomError(
    'SPACE_MISMATCH',
    `${who} gives vectors of ${found} dimensions, and the space has ${wanted}. Bring back the model that the space was made with, or make a space for this one.`,
  )
}
