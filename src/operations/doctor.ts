import * as z from 'zod'
import { defineOperation } from './operation.ts'

/** Less free than this and the next large ingest may fail. */
const LITTLE_SPACE = 256 * 1024 * 1024

const check = z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })

const output = z.object({ ok: z.boolean(), store: z.string(), checks: z.array(check) })

type Check = z.infer<typeof check>

export const doctor = defineOperation({
  name: 'doctor',
  summary: 'Prove that rows, keyword index, journal and database settings agree, and say what does not.',
  example: 'doctor',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: [],
  opens: 'existing',
  input: z.object({}),
  output,
  run: async (_input, { store, principal, signal }) => {
    const report = await store.engine.inspect({ deep: true })
    const checks = await store.read(
      principal,
      async tx => {
        const rows = await tx.checkAgreement()
        const chain = await tx.journal.verify()
        const { wrong_hashes, index_problems } = rows
        return [
          toCheck(
            'content hashes',
            wrong_hashes.length === 0,
            wrong_hashes[0] ?? `checked: ${rows.memories}; each text gives its hash`,
          ),
          toCheck(
            'keyword index',
            index_problems.length === 0,
            index_problems.join('; ') || `checked: ${rows.memories}; each row agrees with its memory`,
          ),
          toCheck(
            'journal',
            chain.broken === null,
            chain.broken === null
              ? `checked: ${chain.entries}; each entry is chained to the one before it`
              : `broken at entry ${chain.broken.sequence}: ${chain.broken.reason}`,
          ),
        ]
      },
      signal,
    )
    const settings = Object.entries(report.settings).map(([name, value]) => `${name}=${value}`)
    checks.unshift(
      toCheck(
        'database',
        report.problems.length === 0,
        report.problems.join('; ') || `${report.version}, ${settings.join(', ')}`,
      ),
    )
    if (report.free_bytes !== null) checks.push(spaceCheck(report.free_bytes))
    return { ok: checks.every(({ ok }) => ok), store: store.engine.location, checks }
  },
})

function toCheck(name: string, ok: boolean, detail: string): Check {
  return { name, ok, detail }
}

function spaceCheck(free: number): Check {
  return toCheck('disk space', free >= LITTLE_SPACE, `${Math.floor(free / 1024 / 1024)} MB free`)
}
