import * as z from 'zod'
import { backfillNamed, carryOut, planBackfill } from '../evolve/backfill.ts'
import { defineOperation } from './operation.ts'

const output = z.object({
  plan: z.boolean().describe('Whether nothing was done yet.'),
  receipt: z.string().nullable().describe('The run that did it.'),
  scanned: z.int().describe('Memories whose tags were read.'),
  linked: z.int(),
  source_missing: z.int().describe('Of these links, those whose source is not in the store.'),
  known: z.int().describe('Memories that had their link already.'),
  skipped: z.record(z.string(), z.int()).describe('What named no source, by the reason.'),
})

export const backfillSharedFrom = defineOperation({
  name: 'backfill_shared_from',
  summary: 'Link copies to their sources where nothing but a shared-from tag tells of them.',
  example: 'backfill shared-from --plan',
  effects: 'write',
  idempotent: true,
  scope: 'admin',
  positional: [],
  opens: 'existing',
  input: z.object({ plan: z.boolean().optional().describe('Say what would be linked, and link nothing.') }),
  output,
  run: async ({ plan = false }, { store, upkeep, signal, progress }) => {
    const { engine } = store
    const carrying = {
      backfill: backfillNamed('shared_from'),
      surroundings: upkeep.surroundings({ signal, progress }),
    }
    if (plan) {
      const planned = await engine.read(db => planBackfill(db, engine, carrying), signal)
      return { plan, receipt: null, ...planned, skipped: { ...planned.skipped } }
    }
    const run = await engine.exclusively(
      'back-fill links',
      permit => carryOut(engine, permit, carrying),
      signal === undefined ? {} : { signal },
    )
    return { plan, receipt: run.id, ...run.receipt, skipped: { ...run.receipt.skipped } }
  },
})
