/** From the filters of a request to what the store narrows by. */

import type * as z from 'zod'
import type { Status } from '../model/lifecycle.ts'
import { TRUSTS, type Trust } from '../model/memory.ts'
import { canonicalProject } from '../model/project.ts'
import type { MemoryFilter } from '../store/memory-filter.ts'
import type { ReadHandle } from '../store/store.ts'
import { filters } from './fields.ts'

/** The filters as they were validated. */
export type FilterInput = { readonly [Name in keyof typeof filters]?: z.output<(typeof filters)[Name]> }

/** The filters of a request that takes more than these. */
export function filtersOf(input: FilterInput): FilterInput {
  const given = (Object.keys(filters) as (keyof typeof filters)[]).filter(name => input[name] !== undefined)
  return Object.fromEntries(given.map(name => [name, input[name]]))
}

export interface ResolvedFilter {
  readonly filter: MemoryFilter
  readonly notices: string[]
}

const WITH_CANDIDATES: readonly Status[] = ['active', 'candidate']

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
    project = known ?? canonicalProject(project)
  }
  const filter: MemoryFilter = {
    ...asTheyAre(input),
    ...(project === undefined ? {} : { project }),
    ...(input.kind?.length ? { kinds: input.kind } : {}),
    ...(input.status?.length ? { statuses: input.status } : {}),
    // What waits in quarantine waits as a candidate.
    ...(input.trust === 'untrusted' && !input.status?.length ? { statuses: WITH_CANDIDATES } : {}),
    ...(input.trust === undefined ? {} : { trusts: trustedAtLeast(input.trust) }),
  }
  return { filter, notices }
}

type AsItIs = Exclude<keyof FilterInput, 'project' | 'kind' | 'status' | 'trust'>

/** The filters that the store takes under the same name and with the same value. */
function asTheyAre(input: FilterInput): Pick<FilterInput, AsItIs> {
  const changed = new Set(['project', 'kind', 'status', 'trust'])
  const names = (Object.keys(filters) as AsItIs[]).filter(
    name => !changed.has(name) && input[name] !== undefined,
  )
  return Object.fromEntries(names.map(name => [name, input[name]]))
}

function trustedAtLeast(least: Trust): readonly Trust[] {
  return TRUSTS.slice(0, TRUSTS.indexOf(least) + 1)
}
