/**
 * Slots: the places that facts fill. A claim names a subject and one of its attributes and gives a value. Two active
 * memories of a project contradict each other where their subjects and attributes have equal keys and their values
 * have not.
 */
import type { Slot } from './memory.ts'
import { slotKey } from './slot/words.ts'

export { valueKey } from './slot/value.ts'
export { slotKey } from './slot/words.ts'

/** Keys are stored. Raise it whenever `slotKey` or `valueKey` gives another key for any text. */
export const SLOT_VERSION = 1

const FORM = 'write it as subject.attribute=value'

/**
 * A claim as people write it: `subject.attribute=value`. The value is what follows the first `=`, the attribute what
 * follows the last dot before that, so that subjects may have dots and values anything. The older form
 * `subject / attribute = value`, with white space on both sides of the slash, stays valid. A problem is a sentence
 * that names the text and the way out.
 */
export function parseSlot(text: string): Slot | { problem: string } {
  const equals = text.indexOf('=')
  if (equals < 0) return problem(text, `has no "=": ${FORM}, for example gateway.port=8080`)
  const left = text.slice(0, equals)
  const value = text.slice(equals + 1).trim()
  if (value === '') return problem(text, 'has nothing after its "=": write the value there')
  const slash = left.search(/\s\/\s/)
  const dot = left.lastIndexOf('.')
  if (slash < 0 && dot < 0) return problem(text, `has no dot between subject and attribute: ${FORM}`)
  const subject = left.slice(0, slash < 0 ? dot : slash).trim()
  const attribute = left.slice(slash < 0 ? dot + 1 : slash + 3).trim()
  if (slotKey(subject) === '')
    return problem(text, `has no subject before its ${slash < 0 ? 'dot' : 'slash'}: ${FORM}`)
  if (slotKey(attribute) === '') return problem(text, `has no attribute before its "=": ${FORM}`)
  return { subject, attribute, value }
}

function problem(text: string, what: string): { problem: string } {
  const shown = text.length > 80 ? `${text.slice(0, 79).toWellFormed()}…` : text
  return { problem: `The claim "${shown}" ${what}.` }
}
