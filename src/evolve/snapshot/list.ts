/** The snapshots of a folder. Reads manifests alone: whether their parts are sound, `verify` says. */

import { snapshotIds } from './folder.ts'
import { type Manifest, readManifest } from './manifest.ts'

export type Listed =
  | { readonly id: string; readonly status: 'ok'; readonly manifest: Manifest }
  | { readonly id: string; readonly status: 'damaged'; readonly problem: string }

/** Oldest first; damaged ones stand where their id puts them. None where there is no folder. */
export async function listSnapshots(folder: string): Promise<Listed[]> {
  const listed: Listed[] = []
  for (const id of await snapshotIds(folder)) {
    const found = await readManifest(folder, id)
    listed.push(
      'problem' in found
        ? { id, status: 'damaged', problem: found.problem }
        : { id, status: 'ok', manifest: found },
    )
  }
  return listed.sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : timeOf(a) > timeOf(b) ? 1 : 0))
}

/** An id has whole seconds only. */
function timeOf(found: Listed): string {
  const second = found.id.slice(0, 15)
  return found.status === 'damaged' ? second : `${second} ${found.manifest.created_at}`
}
