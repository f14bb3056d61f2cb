/** The table of operations. Every surface is made from it. */
import { doctor } from './doctor.ts'
import { forget } from './forget.ts'
import { get } from './get.ts'
import { history } from './history.ts'
import { ingest } from './ingest.ts'
import { init } from './init.ts'
import { invalidate } from './invalidate.ts'
import { journal } from './journal.ts'
import { list } from './list.ts'
import { project } from './project.ts'
import { recall } from './recall.ts'
import { remember } from './remember.ts'
import { restore } from './restore.ts'
import { revise } from './revise.ts'
import { status } from './status.ts'
import { supersede } from './supersede.ts'

export const OPERATIONS = {
  init,
  remember,
  recall,
  get,
  list,
  revise,
  supersede,
  invalidate,
  forget,
  restore,
  ingest,
  history,
  journal,
  project,
  status,
  doctor,
}

export type Operations = typeof OPERATIONS
export type OperationName = keyof Operations
