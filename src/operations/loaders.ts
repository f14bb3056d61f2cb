/**
 * The table of operations, each loaded when it is asked for: a process that lives for one call need not make the
 * schemas of all.
 */
import type { OperationName, Operations } from './index.ts'

export const LOADERS: { readonly [Name in OperationName]: () => Promise<Operations[Name]> } = {
  init: async () => (await import('./init.ts')).init,
  remember: async () => (await import('./remember.ts')).remember,
  recall: async () => (await import('./recall.ts')).recall,
  get: async () => (await import('./get.ts')).get,
  list: async () => (await import('./list.ts')).list,
  revise: async () => (await import('./revise.ts')).revise,
  supersede: async () => (await import('./supersede.ts')).supersede,
  invalidate: async () => (await import('./invalidate.ts')).invalidate,
  forget: async () => (await import('./forget.ts')).forget,
  restore: async () => (await import('./restore.ts')).restore,
  ingest: async () => (await import('./ingest.ts')).ingest,
  history: async () => (await import('./history.ts')).history,
  journal: async () => (await import('./journal.ts')).journal,
  project: async () => (await import('./project.ts')).project,
  status: async () => (await import('./status.ts')).status,
  doctor: async () => (await import('./doctor.ts')).doctor,
}

/** Whether an operation has that name. */
export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(LOADERS, name)
}
