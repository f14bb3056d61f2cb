/** Files that were read earlier and are no longer there: each may have been renamed, or is told. */
import { relative, sep } from 'node:path'
import { isGone } from '../ingest/walk.ts'
import { nameSome } from '../model/excerpt.ts'
import type { StoredDocument } from '../store/documents.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { nextVersion } from './drafting.ts'
import type { Context } from './operation.ts'

export interface GoneFile {
  readonly file: string
  /** For people: relative to the folder that was walked. */
  readonly name: string
  readonly hash: string
  readonly documents: StoredDocument[]
  /** Whether something of it is; else it is here to be found under another name. */
  isRecalled: boolean
}

/** Those that were read from one of the folders and of which something is still recalled, or graduated. */
export async function findGone(
  { store, principal }: Context,
  folders: readonly string[],
  present: ReadonlySet<string>,
): Promise<GoneFile[]> {
  const gone = new Map<string, GoneFile>()
  for (const folder of folders) {
    const prefix = folder.endsWith(sep) ? folder : folder + sep
    const documents = await store.read(principal, tx => tx.documents.beginningWith(prefix))
    for (const document of documents) {
      if (present.has(document.source)) continue
      const { file, isRecalled } = await store.read(principal, tx => fileOf(tx, document))
      if (file === null || present.has(file) || !(await isGone(file))) continue
      const known = gone.get(file) ?? {
        file,
        name: relative(folder, file),
        hash: document.hash,
        documents: [],
        isRecalled: false,
      }
      known.isRecalled ||= isRecalled
      if (!known.documents.some(({ id }) => id === document.id)) known.documents.push(document)
      gone.set(file, known)
    }
  }
  return [...gone.values()]
}

/** The file of its live passages. None: it was no file, or people know already that it is out of recall. */
async function fileOf(
  tx: ReadHandle,
  { id, source }: StoredDocument,
): Promise<{ readonly file: string | null; readonly isRecalled: boolean }> {
  const its = (await tx.memories.ofDocument(id)).filter(
    ({ file }) => file !== null && (source === file || source.startsWith(`${file}#`)),
  )
  const recalled = its.find(({ status }) => status === 'active')
  const { file = null } = recalled ?? its.find(({ status }) => status === 'graduated') ?? {}
  return { file, isRecalled: recalled !== undefined }
}

/** Files its documents under the new path; they keep their ids. Gives whether the path was free for them. */
export async function renameFile(
  tx: WriteHandle,
  { file, documents }: GoneFile,
  { path, at }: { path: string; at: string },
): Promise<boolean> {
  if ((await tx.documents.ofFile(path)).length > 0) return false
  for (const document of documents) {
    const source = path + document.source.slice(file.length)
    await tx.documents.change(document, { ...document, source, updated_at: at })
    for (const memory of await tx.memories.ofDocumentForChange(document.id)) {
      if (memory.file === file) await tx.memories.change(memory, nextVersion(memory, { file: path }, at))
    }
  }
  return true
}

export function goneNotice(all: readonly GoneFile[]): string[] {
  const gone = all.filter(({ isRecalled }) => isRecalled)
  if (gone.length === 0) return []
  const names = nameSome(gone.map(({ name }) => name))
  const [files, are, their] = gone.length === 1 ? ['document', 'is', 'Its'] : ['documents', 'are', 'Their']
  return [
    `${gone.length} ${files} read earlier ${are} no longer there: ${names}. ` +
      `${their} memories stay; forget them one by one, or put the file back where it was.`,
  ]
}
