/** From the filters of a request to what the store narrows by. */

import type * as z from 'zod'
import { TRUSTS, type Trust } from '../model/memory.ts'
import type { MemoryFilter } from '../store/memory-filter.ts'
import type { ReadHandle } from '../store/store.ts'
import type { filters } from './fields.ts'

/** The filters as they were validated. */
export type FilterInput = { readonly [Name in keyof typeof filters]?: z.output<(typeof filters)[Name]> }

export interface ResolvedFilter {
  readonly filter: MemoryFilter
  readonly notices: string[]
}

/** Resolves aliases; a project that is not there is told of rather than silently finding nothing. */
export async function toFilter(
  tx: Pick<ReadHandle, 'projects'>,
  input: FilterInput,
): Promise<ResolvedFilter> {
  const notices: string[] = []
  let { project } = input
  if (project !== undefined) {
    const known = await tx.projects.resolve(project)
    if (known === null)
      notices.push(`There is no project "${project}". See which there are: heirloom project list`)
    project = known ?? (await tx.projects.canonical(project))
  }
  const filter: MemoryFilter = {
    ...pick(input, [
      'tags',
      'topics',
      'codebase',
      'file',
      'author',
      'session_id',
      'client_id',
      'document_id',
      'min_confidence',
      'slot_subject',
      'slot_attribute',
      'slot_value',
      'title',
      'label',
      'origin_id',
      'min_revision',
      'min_references',
      'recorded_after',
      'recorded_before',
    ]),
    ...(project === undefined ? {} : { project }),
    ...(input.kind?.length ? { kinds: input.kind } : {}),
    ...(input.status?.length ? { statuses: input.status } : {}),
    ...(input.trust === undefined ? {} : { trusts: trustedAtLeast(input.trust) }),
  }
  return { filter, notices }
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.filter(key => from[key] !== undefined).map(key => [key, from[key]])) as Pick<
    T,
    K
  >
}

function trustedAtLeast(least: Trust): readonly Trust[] {
  return TRUSTS.slice(0, TRUSTS.indexOf(least) + 1)
}
