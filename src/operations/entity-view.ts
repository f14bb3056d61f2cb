/** An entity as every surface shows it. */
import * as z from 'zod'
import type { Entity } from '../model/entity.ts'
import { STATUSES } from '../model/lifecycle.ts'
import { TRUSTS, VISIBILITIES } from '../model/memory.ts'

export const entityView = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  aliases: z.array(z.string()),
  description: z.string().nullable(),
  properties: z.record(z.string(), z.unknown()),
  project: z.string().nullable(),
  status: z.enum(STATUSES),
  trust: z.enum(TRUSTS),
  confidence: z.number().nullable(),
  valid_from: z.string().nullable(),
  valid_until: z.string().nullable(),
  recorded_at: z.string(),
  updated_at: z.string(),
  revision: z.int(),
  version: z.int(),
  owner_user_id: z.string(),
  visibility: z.enum(VISIBILITIES),
  shared_with_groups: z.array(z.string()),
  superseded_by: z.string().nullable(),
})

export type EntityView = z.infer<typeof entityView>

export function toEntityView(entity: Entity): EntityView {
  const { earlier_statuses: _earlier, aliases, properties, shared_with_groups, ...rest } = entity
  return {
    ...rest,
    aliases: [...aliases],
    properties: { ...properties },
    shared_with_groups: [...shared_with_groups],
  }
}
