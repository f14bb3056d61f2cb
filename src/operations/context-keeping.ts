/** What is kept of a pack, so that it can be shown again: which versions of what, never their texts. */
import { PREFERENCES } from '../model/preferences.ts'
import type { Pack, PackedItem } from '../store/packs.ts'
import type { Packed } from './context-packing.ts'
import type { Context } from './operation.ts'

interface About {
  readonly id: string
  readonly input: { readonly prompt: string; readonly session?: string | undefined }
  readonly project: string | null
  readonly budget: number
  readonly now: string
  readonly interaction_bytes: number | undefined
  readonly context: Context
}

export function kept({ items, tokens, left_out }: Packed, about: About): Pack {
  const { id, input, project, budget, now, context } = about
  const bytes = about.interaction_bytes ?? PREFERENCES.interaction_bytes
  return {
    id,
    owner_user_id: context.principal.user_id,
    project,
    session_id: input.session ?? context.session,
    client_id: context.client,
    prompt: beginning(input.prompt, bytes),
    budget,
    tokens,
    items: items.map(toKept),
    left_out: left_out.count,
    created_at: now,
  }
}

function toKept(item: Packed['items'][number]): PackedItem {
  const { section, record, id, version, why, tokens, contested, members, others, suggested, relationships } =
    item
  return {
    section,
    record,
    id,
    version,
    why,
    tokens,
    contested,
    ...(members === undefined ? {} : { members }),
    ...(others === undefined ? {} : { others }),
    ...(suggested === undefined ? {} : { suggested }),
    ...(relationships === undefined ? {} : { relationships }),
  }
}

/** As much of a text as so many bytes of UTF-8 hold, without half a character; null for none. */
export function beginning(text: string, bytes: number): string | null {
  if (bytes === 0) return null
  if (Buffer.byteLength(text) <= bytes) return text
  // A character that was cut is decoded as the sign for what cannot be read.
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true })
}
