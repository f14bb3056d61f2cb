/** A project that is asked about, rather than made. */
import type { ReadHandle } from '../store/store.ts'

/** @throws NOT_FOUND naming those that may have been meant. */
export async function knownProject(
  tx: Pick<ReadHandle, 'projects'>,
  name: string,
): Promise<{ project: string }> {
  return { project: await tx.projects.mustResolve(name) }
}
