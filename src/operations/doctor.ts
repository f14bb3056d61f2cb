import * as z from 'zod'
import type { Agreement } from '../store/agreement/agreement.ts'
import { AREAS } from '../store/agreement/findings.ts'
import type { Verification } from '../store/journal.ts'
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
      async tx => agreementChecks(await tx.checkAgreement(), await tx.journal.verify()),
      signal,
    )
    const settings = Object.entries(report.settings).map(([name, value]) => `${name}=${value}`)
    checks.unshift(
      toCheck(
        'database',
        report.problems.length === 0,
        report.problems.join('; ') || [report.version, ...settings, ...report.unchecked].join(', '),
      ),
    )
    if (report.free_bytes !== null) checks.push(spaceCheck(report.free_bytes))
    return { ok: checks.every(({ ok }) => ok), store: store.engine.location, checks }
  },
})

const AGREED = {
  'content hashes': 'each text gives its hash',
  versions: 'the past of each memory is whole',
  tags: 'the tags of each memory are those that it is found by',
  'keyword index': 'each row agrees with its memory',
  journal: 'each entry is chained to the one before it, and memories are as it tells',
} as const

function agreementChecks({ memories, versions, problems }: Agreement, chain: Verification): Check[] {
  const counts = { 'content hashes': versions, versions, tags: memories, 'keyword index': versions }
  const broken =
    chain.broken === null ? [] : [`broken at entry ${chain.broken.sequence}: ${chain.broken.reason}`]
  const found = { ...problems, journal: [...broken, ...problems.journal] }
  return AREAS.map(area => {
    const count = area === 'journal' ? chain.entries : counts[area]
    return toCheck(
      area,
      found[area].length === 0,
      found[area].join('; ') || `checked: ${count}; ${AGREED[area]}`,
    )
  })
}

function toCheck(name: string, ok: boolean, detail: string): Check {
  return { name, ok, detail }
}

function spaceCheck(free: number): Check {
  return toCheck('disk space', free >= LITTLE_SPACE, `${Math.floor(free / 1024 / 1024)} MB free`)
}
