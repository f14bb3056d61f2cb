/**
 * What others build on, frozen as literals. A change here is a change for every user: make it on purpose, and say so
 * in the changelog.
 */
import { expect, it } from 'vitest'
import { z } from 'zod'
import { ERROR_CODES } from '../src/model/errors.ts'
import { OPERATIONS } from '../src/operations/index.ts'
import { LOADERS } from '../src/operations/loaders.ts'
import type { Operation } from '../src/operations/operation.ts'
import { MIGRATIONS } from '../src/store/schema/index.ts'
import { checksumOf } from '../src/store/schema/registry.ts'

/** The schema's steps that were released never change; until the first release, copy the new sum here. */
const CHECKSUMS = { memories: '2efa0b45c4fa8362ce24db244fbbf719282ece135620d1d09437a536d87f27c7' }

/** A `!` marks what must be given. */
const PINNED = {
  init: {
    effects: 'write',
    idempotent: true,
    scope: 'admin',
    opens: 'create',
    positional: '',
    takes: '',
    gives: 'store engine schema_version created',
  },
  remember: {
    effects: 'write',
    idempotent: true,
    scope: 'write',
    opens: 'create',
    positional: 'content',
    takes:
      'content! kind title tags project codebase file topics author slot confidence valid_from valid_until metadata session_id client_id visibility third_party note idempotency_key',
    gives: 'id outcome kind project status trust revision recorded_at near_duplicates notices',
  },
  recall: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'query',
    takes:
      'query! project kind tags topics codebase file author session_id client_id document_id status trust min_confidence slot_subject slot_attribute slot_value title label origin_id min_revision min_references recorded_after recorded_before as_of valid_at limit budget explain without',
    gives: 'results notices truncated',
  },
  get: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id! as_of revisions',
    gives:
      'id kind content content_hash title tags metadata project codebase file topics client_id session_id author status trust confidence slot valid_from valid_until recorded_at updated_at revision version owner_user_id visibility shared_with_groups partition scheme_version document_id document position label origin_id reference_count last_referenced_at superseded_by revisions',
  },
  list: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes:
      'project kind tags topics codebase file author session_id client_id document_id status trust min_confidence slot_subject slot_attribute slot_value title label origin_id min_revision min_references recorded_after recorded_before valid_at limit cursor',
    gives: 'results cursor total total_is_capped truncated notices',
  },
  revise: {
    effects: 'write',
    idempotent: true,
    scope: 'write',
    opens: 'existing',
    positional: 'id content',
    takes:
      'id! content kind title tags project codebase file topics author slot confidence valid_from valid_until metadata clear if_revision note idempotency_key',
    gives: 'id outcome revision status updated_at notices',
  },
  supersede: {
    effects: 'destructive',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'id content',
    takes: 'id! note idempotency_key content by',
    gives: 'id status was updated_at superseded_by',
  },
  invalidate: {
    effects: 'destructive',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! note idempotency_key',
    gives: 'id status was updated_at',
  },
  forget: {
    effects: 'destructive',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! note idempotency_key',
    gives: 'id status was updated_at',
  },
  restore: {
    effects: 'write',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! note idempotency_key',
    gives: 'id status was updated_at',
  },
  ingest: {
    effects: 'write',
    idempotent: true,
    scope: 'write',
    opens: 'create',
    positional: 'paths',
    takes: 'paths text name project codebase kind tags third_party note idempotency_key',
    gives: 'documents passages added unchanged revised superseded restored errors notices',
  },
  history: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id! limit',
    gives: 'id status versions entries truncated',
  },
  journal: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes: 'subject_id subject_kind operation actor_kind after before verify limit cursor',
    gives: 'entries cursor truncated verification',
  },
  project: {
    effects: 'write',
    idempotent: true,
    scope: 'write',
    opens: 'existing',
    positional: 'action name alias',
    takes: 'action! name alias idempotency_key',
    gives: 'projects',
  },
  status: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes: '',
    gives: 'store engine engine_version schema_version memories documents projects bytes artefacts notices',
  },
  doctor: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes: '',
    gives: 'ok store checks',
  },
}

interface JsonSchema {
  readonly properties?: Record<string, unknown>
  readonly required?: readonly string[]
}

function keysOf(schema: z.ZodType, io: 'input' | 'output'): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
  }) as JsonSchema
  const mark = (key: string) => (io === 'input' && required.includes(key) ? '!' : '')
  return Object.keys(properties)
    .map(key => key + mark(key))
    .join(' ')
}

function pinOf({ effects, idempotent, scope, opens, positional, input, output }: Operation) {
  return {
    effects,
    idempotent,
    scope,
    opens,
    positional: positional.join(' '),
    takes: keysOf(input, 'input'),
    gives: keysOf(output, 'output'),
  }
}

it('error codes', () => {
  expect(Object.keys(ERROR_CODES).join(' ')).toBe(
    'INVALID_INPUT NOT_FOUND ILLEGAL_TRANSITION DUPLICATE IDEMPOTENCY_MISMATCH STORE_UNAVAILABLE STORE_BUSY ' +
      'STORE_READ_ONLY STORE_FULL STORE_CORRUPT NOT_A_STORE NOT_INITIALISED SCHEMA_OUTDATED SCHEMA_TOO_NEW ' +
      'SOURCE_UNREADABLE SOURCE_MALFORMED CONFLICT ACCESS_DENIED UNSUPPORTED ABORTED INTERNAL',
  )
})

it('operations, what they take and what they give', () => {
  const found = Object.fromEntries(
    Object.entries(OPERATIONS).map(([name, operation]) => [name, pinOf(operation as unknown as Operation)]),
  )
  expect(found).toEqual(PINNED)
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    expect(operation.name).toBe(name)
    expect(operation.example.split(' ')[0], 'an example shows its own operation').toBe(name)
    for (const key of operation.positional) expect(Object.keys(operation.input.shape)).toContain(key)
  }
})

it('operations that are loaded one by one are those of the table', async () => {
  expect(Object.keys(LOADERS)).toEqual(Object.keys(OPERATIONS))
  for (const [name, load] of Object.entries(LOADERS)) expect((await load()).name).toBe(name)
})

it('steps of the schema', () => {
  expect(Object.fromEntries(MIGRATIONS.map(step => [step.name, checksumOf(step)]))).toEqual(CHECKSUMS)
  expect(MIGRATIONS.map(step => step.version)).toEqual(MIGRATIONS.map((_, index) => index + 1))
})
