import { isUuid } from './id.ts'

/**
 * The tag by which some tools tell that a memory is a copy: `shared-from=<id of its source>`. Ours carry it too, for
 * people; a link says the same for programs.
 */
export const SHARED_FROM = 'shared-from='

/** Some write the digits alone. */
const PLAIN = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/

/** Why a tag, or a row's tags altogether, says nothing. */
export const TAG_FAULTS = ['malformed_json', 'not_a_list', 'not_a_string', 'empty_id', 'bad_uuid'] as const
export type TagFault = (typeof TAG_FAULTS)[number]

interface SharedFrom {
  /** The source's id in lower case: the first that is one; null where no tag names one. */
  readonly id: string | null
  /** What had to be passed over before it. */
  readonly faults: readonly TagFault[]
}

export function sharedFromTag(id: string): string {
  return SHARED_FROM + id
}

/** What a row's tags say of its source; `tags` is JSON as some tool has written it. */
export function readSharedFrom(tags: string): SharedFrom {
  const list = parsed(tags)
  if (list === undefined) return { id: null, faults: ['malformed_json'] }
  if (!Array.isArray(list)) return { id: null, faults: ['not_a_list'] }
  const faults: TagFault[] = []
  for (const tag of list) {
    const found = readTag(tag)
    if (found === null) continue
    if ('id' in found) return { id: found.id, faults }
    faults.push(found.fault)
  }
  return { id: null, faults }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown
  } catch {
    return undefined
  }
}

/** Null for a tag that is about something else. */
function readTag(tag: unknown): { id: string } | { fault: TagFault } | null {
  if (typeof tag !== 'string') return { fault: 'not_a_string' }
  const written = tag.trim().toLowerCase()
  if (!written.startsWith(SHARED_FROM)) return null
  const said = written.slice(SHARED_FROM.length).trim()
  if (said === '') return { fault: 'empty_id' }
  const id = said.replace(/^urn:uuid:/, '').replace(PLAIN, '$1-$2-$3-$4-$5')
  return isUuid(id) ? { id } : { fault: 'bad_uuid' }
}
