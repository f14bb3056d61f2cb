/** What no receipt takes back, and what can be done about it. */
import { HeirloomError } from '../model/errors.ts'
import type { JournalRecord } from './journal-reader.ts'

export function cannotBeTakenBack(entry: JournalRecord): HeirloomError {
  const { operation, subject_kind } = entry
  return new HeirloomError(
    'UNSUPPORTED',
    `What ${operation} did to ${article(subject_kind)} ${subject_kind} cannot be taken back by a receipt. ${insteadOf(entry)}`,
  )
}

function insteadOf({ operation, subject_kind, subject_id, payload }: JournalRecord): string {
  switch (subject_kind) {
    case 'interaction':
      return (payload?.before ?? null) === null
        ? `What was asked was asked; to let go of its texts for good: heirloom shred ${subject_id}`
        : 'Its texts were let go for good.'
    case 'strength':
      return `To say anew how well it is remembered: heirloom grade ${subject_id} <again, hard, good or easy>`
    default:
      return `What can be done instead: heirloom help ${operation}`
  }
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? 'an' : 'a'
}
