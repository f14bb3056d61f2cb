/** The thread of `vector-fold.ts`: does what it is asked, one thing after the other, and says when each is done. */
import { parentPort, workerData } from 'node:worker_threads'
import { assertBug } from '../../model/errors.ts'
import { Folding, type FoldingTask, toFoldingError } from './vector-folding.ts'
import type { VectorRows } from './vector-graph.ts'

export type Order =
  | { readonly kind: 'begin' }
  | ({ readonly kind: 'add' } & VectorRows)
  | { readonly kind: 'remove'; readonly ids: readonly number[] }
  | { readonly kind: 'finish'; readonly covered: number }

/** Null where it is done. An error's own class does not come through. */
export type Reply = null | { readonly code: string; readonly message: string }

const task = workerData as FoldingTask
const port = parentPort
assertBug(port !== null, 'a thread without anybody to work for')
let folding: Folding | undefined

async function carryOut(order: Order): Promise<void> {
  if (order.kind === 'begin') {
    folding = await Folding.begin(task)
    return
  }
  assertBug(folding !== undefined, 'a fold that was not begun')
  if (order.kind === 'add') folding.add(order)
  else if (order.kind === 'remove') folding.remove(order.ids)
  else await folding.finish(order.covered)
}

port.on('message', (order: Order) => {
  const reply = (said: Reply) => port.postMessage(said)
  carryOut(order).then(
    () => reply(null),
    (error: unknown) => {
      const { code, message } = toFoldingError(error, task.folder)
      reply({ code, message })
    },
  )
})
