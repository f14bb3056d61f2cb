/** Whether a snapshot would come back as it was taken. */
import { readManifest } from './manifest.ts'
import { type ReadBack, type ReadBackOptions, readBack } from './read-back.ts'

/**
 * Reads every part, compares its hash, and makes the digest from the rows again. What is wrong is told, not thrown.
 * @throws NOT_FOUND naming ids that are there.
 */
export async function verifySnapshot(
  folder: string,
  id: string,
  options: ReadBackOptions = {},
): Promise<ReadBack> {
  const manifest = await readManifest(folder, id)
  if ('problem' in manifest) return { ok: false, problems: [manifest.problem], digest: null }
  return readBack(folder, manifest, options)
}
