/** What is said while a derived part is being made anew. */
import { ARTEFACTS } from '../store/artefacts/artefact.ts'
import type { Unfinished } from '../store/settings.ts'

/** How far each has come, and what may be missing for that. */
export function unfinishedNotices(unfinished: readonly Unfinished[], consequence: string): string[] {
  return unfinished.map(part => `${toProgress(part)}: ${consequence}`)
}

export function toProgress({ name, done, total }: Unfinished): string {
  const title = ARTEFACTS.find(artefact => artefact.name === name)?.title ?? name
  const [reached, all] = [done, Math.max(done, total)].map(number => number.toLocaleString('en'))
  return `The ${title} is being rebuilt (${reached} of ${all} ${name === 'names' ? 'entities' : 'memories'})`
}
