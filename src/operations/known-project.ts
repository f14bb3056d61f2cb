/** A project that is asked about, rather than made. */
import { HeirloomError } from '../model/errors.ts'
import { canonicalProject, nearProjects } from '../model/project.ts'
import type { ReadHandle } from '../store/store.ts'

/** @throws NOT_FOUND naming those that may have been meant. */
export async function knownProject(
  tx: Pick<ReadHandle, 'projects'>,
  name: string,
): Promise<{ project: string }> {
  const project = await tx.projects.resolve(name)
  if (project !== null) return { project }
  const near = nearProjects(canonicalProject(name), await tx.projects.names())
  const meant = near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`
  throw new HeirloomError(
    'NOT_FOUND',
    `There is no project "${name}".${meant} See which there are: heirloom project list`,
  )
}
