/**
 * What others build on, frozen as literals. A change here is a change for every user: make it on purpose, and say so
 * in the changelog.
 */
import { expect, it } from 'vitest'
import { z } from 'zod'
import { ERROR_CODES } from '../src/model/errors.ts'
import { OPERATIONS } from '../src/operations/index.ts'
import { LOADERS, operationsOf, wordsOf } from '../src/operations/loaders.ts'
import type { Operation } from '../src/operations/operation.ts'
import { MIGRATIONS } from '../src/store/schema/index.ts'
import { checksumOf } from '../src/store/schema/registry.ts'
import { CHECKSUMS } from './kit/checksums.ts'

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
      'content! kind title tags project codebase file topics author slot confidence valid_from valid_until metadata session_id client_id visibility third_party candidate note idempotency_key',
    gives:
      'id outcome kind project status trust revision recorded_at slot slot_pattern near_duplicates conflict notices receipt',
  },
  recall: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'query',
    takes:
      'query! project kind tags topics codebase file author session_id client_id document_id status trust min_confidence slot_subject slot_attribute slot_value title label origin_id min_revision min_references recorded_after recorded_before as_of valid_at limit budget explain without',
    gives: 'results notices truncated left_out',
  },
  context: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'prompt',
    takes: 'prompt! budget project kind tags codebase file author session',
    gives: 'pack text tokens budget items left_out notices',
  },
  capture: {
    effects: 'write',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: '',
    takes: 'prompt! response! pack used summary session client project note idempotency_key',
    gives: 'id pack project used shredded notices',
  },
  interactions: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes: 'session project limit cursor',
    gives: 'interactions cursor truncated notices',
  },
  replay: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id!',
    gives:
      'pack created_at prompt project session client budget tokens text items left_out gone interaction notices',
  },
  shred: {
    effects: 'destructive',
    idempotent: true,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! note idempotency_key',
    gives: 'id outcome pack shredded_at notices',
  },
  pin: {
    effects: 'write',
    idempotent: true,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! note idempotency_key',
    gives: 'id outcome project tokens pinned_tokens budget receipt',
  },
  unpin: {
    effects: 'write',
    idempotent: true,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! note idempotency_key',
    gives: 'id outcome receipt',
  },
  due: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes: 'project limit',
    gives: 'results truncated notices',
  },
  grade: {
    effects: 'write',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'id grade',
    takes: 'id! grade! note idempotency_key',
    gives: 'id grade strength',
  },
  get: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id! as_of revisions',
    gives:
      'id kind content content_hash title tags metadata project codebase file topics client_id session_id author status trust confidence slot slot_pattern valid_from valid_until recorded_at updated_at revision version owner_user_id visibility shared_with_groups partition scheme_version document_id document position label origin_id reference_count last_referenced_at superseded_by origin graduated_to_entity_id contested mentions pinned strength revisions notices',
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
      'id! content kind title tags project codebase file topics author slot confidence valid_from valid_until metadata clear third_party if_revision note idempotency_key',
    gives: 'id outcome revision status updated_at conflict notices receipt',
  },
  supersede: {
    effects: 'destructive',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'id content',
    takes: 'id! note idempotency_key content by',
    gives: 'id subject status was updated_at conflict notices receipt superseded_by',
  },
  invalidate: {
    effects: 'destructive',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! note idempotency_key',
    gives: 'id subject status was updated_at conflict notices receipt',
  },
  forget: {
    effects: 'destructive',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! note idempotency_key',
    gives: 'id subject status was updated_at conflict notices receipt',
  },
  restore: {
    effects: 'write',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! note idempotency_key',
    gives: 'id subject status was updated_at conflict notices receipt',
  },
  promote: {
    effects: 'write',
    idempotent: true,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! note idempotency_key',
    gives: 'id subject status was updated_at conflict notices receipt',
  },
  reject: {
    effects: 'destructive',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! note idempotency_key',
    gives: 'id subject status was updated_at conflict notices receipt',
  },
  review: {
    effects: 'write',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: '',
    takes: 'project kind author limit cursor promote reject decisions note idempotency_key',
    gives: 'groups decided cursor truncated notices receipt',
  },
  expiring: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes: 'within past project limit cursor',
    gives: 'from until results cursor truncated notices',
  },
  undo: {
    effects: 'destructive',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'receipt',
    takes: 'receipt! note idempotency_key',
    gives: 'operation at changes notices receipt',
  },
  conflicts: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes: 'project status limit cursor',
    gives: 'conflicts cursor truncated notices',
  },
  conflict: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id!',
    gives:
      'id slot project status resolution winner note detected_at resolved_at resolved_by members members_total suggested_winner notices',
  },
  resolve: {
    effects: 'destructive',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! winner keep_both dismiss because idempotency_key',
    gives:
      'id slot project status resolution winner note detected_at resolved_at resolved_by members members_total superseded changed receipt',
  },
  suggestions: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes: 'project limit',
    gives: 'suggestions memories_looked_at truncated notices',
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
  import_memtomem: {
    effects: 'write',
    idempotent: true,
    scope: 'write',
    opens: 'create',
    positional: 'path',
    takes: 'path! map plan third_party candidates note',
    gives: 'plan from read kept already_known skipped links projects notices',
  },
  share: {
    effects: 'write',
    idempotent: true,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! to! again note idempotency_key',
    gives: 'id source outcome project store status notices receipt',
  },
  lineage: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id! depth nodes mermaid',
    gives: 'id sources fan_out nodes edges cut mermaid notices',
  },
  consolidate: {
    effects: 'write',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: '',
    takes:
      'from! content! kind title tags project codebase file topics author slot confidence valid_from valid_until metadata supersede note idempotency_key',
    gives: 'id kind project status trust from superseded conflict notices receipt',
  },
  link: {
    effects: 'write',
    idempotent: true,
    scope: 'write',
    opens: 'existing',
    positional: 'target type source',
    takes: 'target! type! source! note idempotency_key',
    gives: 'target type source outcome created_at receipt',
  },
  unlink: {
    effects: 'write',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'target type source',
    takes: 'target! type! source! note idempotency_key',
    gives: 'target type source outcome receipt',
  },
  links: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id! type limit cursor',
    gives: 'id state kind project label summary sources fan_out cursor truncated notices',
  },
  entity_create: {
    effects: 'write',
    idempotent: false,
    scope: 'write',
    opens: 'create',
    positional: 'type name',
    takes:
      'type! name! aliases description properties project confidence valid_from valid_until candidate third_party note idempotency_key',
    gives:
      'id type name aliases description properties project status trust confidence valid_from valid_until recorded_at updated_at revision version owner_user_id visibility shared_with_groups superseded_by conflict notices receipt',
  },
  entity_get: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id! project as_of',
    gives:
      'id type name aliases description properties project status trust confidence valid_from valid_until recorded_at updated_at revision version owner_user_id visibility shared_with_groups superseded_by relationships memories graduated_memories contested notices',
  },
  entity_list: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'query',
    takes: 'query type project status prefix limit cursor',
    gives: 'results cursor truncated notices',
  },
  entity_update: {
    effects: 'write',
    idempotent: true,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes:
      'id! name type aliases description properties project confidence valid_from valid_until add_aliases set unset clear if_revision note idempotency_key',
    gives:
      'id type name aliases description properties project status trust confidence valid_from valid_until recorded_at updated_at revision version owner_user_id visibility shared_with_groups superseded_by conflict notices receipt outcome',
  },
  entity_merge: {
    effects: 'destructive',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! into! prefer force plan note idempotency_key',
    gives:
      'outcome source target aliases_gained description_gained properties_gained properties_overruled relationships_moved relationships_dropped conflict notices receipt',
  },
  relate: {
    effects: 'write',
    idempotent: true,
    scope: 'write',
    opens: 'existing',
    positional: 'source type target',
    takes:
      'source! type! target! confidence evidence project valid_from valid_until candidate third_party note idempotency_key',
    gives:
      'id status trust confidence evidence_id project valid_from valid_until recorded_at updated_at type source target outcome stored_as notices receipt',
  },
  unrelate: {
    effects: 'destructive',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'source type target',
    takes: 'source! type target project note idempotency_key',
    gives:
      'id status trust confidence evidence_id project valid_from valid_until recorded_at updated_at type source target was said notices receipt',
  },
  graduate: {
    effects: 'destructive',
    idempotent: false,
    scope: 'write',
    opens: 'existing',
    positional: 'id',
    takes: 'id! type name into project description candidate note idempotency_key',
    gives:
      'id status was graduated_to_entity_id entity outcome properties_gained evidence conflict notices receipt',
  },
  graph_show: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id! project depth limit all mermaid types',
    gives: 'id nodes edges cut mermaid notices',
  },
  graph_contents: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id! project depth limit all mermaid',
    gives: 'id nodes edges cut mermaid notices',
  },
  graph_usage: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id! project depth limit all mermaid',
    gives: 'id nodes edges cut mermaid notices',
  },
  graph_interfaces: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id! project depth limit all mermaid',
    gives: 'id nodes edges cut mermaid notices',
  },
  graph_decisions: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id! project depth limit all mermaid',
    gives: 'id nodes edges cut mermaid notices',
  },
  graph_assumptions: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id! project depth limit all mermaid',
    gives: 'id nodes edges cut mermaid notices',
  },
  graph_orphans: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes: 'project limit cursor',
    gives: 'results looked_at cursor truncated notices',
  },
  graph_unsupported: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes: 'project limit cursor',
    gives: 'results looked_at cursor truncated notices',
  },
  graph_shaky: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes: 'project limit cursor',
    gives: 'results looked_at cursor truncated notices',
  },
  graph_changes: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id since',
    takes: 'id! since! project limit',
    gives: 'id since neighbours entries truncated notices',
  },
  graph_path: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'from to',
    takes: 'from! to! project types depth limit all mermaid',
    gives: 'from to length nodes edges cut mermaid notices',
  },
  history: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id! limit',
    gives: 'id subject status versions entries truncated',
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
    takes: 'action! name alias review read_slots note idempotency_key',
    gives: 'projects receipt',
  },
  settings: {
    effects: 'write',
    idempotent: true,
    scope: 'write',
    opens: 'existing',
    positional: 'name value',
    takes: 'name value project note idempotency_key',
    gives: 'settings receipt',
  },
  space_list: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes: '',
    gives: 'spaces notices',
  },
  space_add: {
    effects: 'write',
    idempotent: false,
    scope: 'admin',
    opens: 'create',
    positional: 'provider',
    takes: 'provider! name model query_prefix document_prefix download note idempotency_key',
    gives: 'space notices receipt',
  },
  space_check: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'name',
    takes: 'name',
    gives: 'ok checks notices',
  },
  space_default: {
    effects: 'write',
    idempotent: true,
    scope: 'admin',
    opens: 'existing',
    positional: 'name',
    takes: 'name! note idempotency_key',
    gives: 'before now notices receipt',
  },
  space_drop: {
    effects: 'destructive',
    idempotent: false,
    scope: 'admin',
    opens: 'existing',
    positional: 'name',
    takes: 'name! note idempotency_key',
    gives: 'name vectors receipt',
  },
  embed: {
    effects: 'write',
    idempotent: true,
    scope: 'write',
    opens: 'existing',
    positional: '',
    takes: 'drain retry space',
    gives: 'embedded failed spaces notices',
  },
  status: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes: '',
    gives:
      'store engine engine_version schema_version memories documents strengths projects bytes read_only artefacts spaces last_upgrade notices',
  },
  doctor: {
    effects: 'write',
    idempotent: true,
    scope: 'admin',
    opens: 'existing',
    positional: '',
    takes: 'repair',
    gives: 'ok store checks repaired',
  },
  digest: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: '',
    takes: 'table',
    gives: 'digest full tables',
  },
  migrate: {
    effects: 'write',
    idempotent: true,
    scope: 'admin',
    opens: 'nothing',
    positional: '',
    takes: 'plan on_copy to',
    gives: 'store engine from to steps applied rehearsal snapshot digest memories rebuilt receipt notices',
  },
  snapshot_create: {
    effects: 'write',
    idempotent: false,
    scope: 'admin',
    opens: 'nothing',
    positional: '',
    takes: 'kind tag reason dir',
    gives:
      'store folder id kind created_at tag reason digest full schema_version memories parts bytes stored_bytes',
  },
  snapshot_list: {
    effects: 'read',
    idempotent: true,
    scope: 'admin',
    opens: 'nothing',
    positional: '',
    takes: 'dir',
    gives: 'folder snapshots',
  },
  snapshot_verify: {
    effects: 'read',
    idempotent: true,
    scope: 'admin',
    opens: 'nothing',
    positional: 'id',
    takes: 'id! dir',
    gives: 'id folder ok problems digest',
  },
  snapshot_restore: {
    effects: 'destructive',
    idempotent: true,
    scope: 'admin',
    opens: 'nothing',
    positional: 'id',
    takes: 'id! to! replace dir',
    gives: 'id to kind schema_version memories digest receipt set_aside notices',
  },
  snapshot_prune: {
    effects: 'destructive',
    idempotent: true,
    scope: 'admin',
    opens: 'nothing',
    positional: '',
    takes: 'keep_last keep_daily keep_weekly keep_monthly keep_tagged apply dir',
    gives: 'folder applied keep remove parts_removed bytes_freed',
  },
  snapshot_diff: {
    effects: 'read',
    idempotent: true,
    scope: 'admin',
    opens: 'nothing',
    positional: 'from to',
    takes: 'from! to dir',
    gives: 'from to same tables',
  },
  backfill_shared_from: {
    effects: 'write',
    idempotent: true,
    scope: 'admin',
    opens: 'existing',
    positional: '',
    takes: 'plan',
    gives: 'plan receipt scanned linked source_missing known skipped',
  },
  runs: {
    effects: 'read',
    idempotent: true,
    scope: 'read',
    opens: 'existing',
    positional: 'id',
    takes: 'id limit',
    gives: 'runs errors truncated',
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
      'MIGRATION_FAILED REBUILD_REQUIRED LOCKED SNAPSHOT_DAMAGED ' +
      'SOURCE_UNREADABLE SOURCE_MALFORMED EMBEDDER_UNAVAILABLE SPACE_MISMATCH CONFLICT ACCESS_DENIED UNSUPPORTED ABORTED INTERNAL',
  )
})

it('operations, what they take and what they give', () => {
  const found = Object.fromEntries(
    Object.entries(OPERATIONS).map(([name, operation]) => [name, pinOf(operation as unknown as Operation)]),
  )
  expect(found).toEqual(PINNED)
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    expect(operation.name).toBe(name)
    const words = wordsOf(name)
    const shown = operation.example.split(' ').slice(0, words.length)
    expect(shown, 'an example shows its own operation').toEqual(words)
    for (const key of operation.positional) expect(Object.keys(operation.input.shape)).toContain(key)
  }
})

it('operations that are loaded one by one are those of the table', async () => {
  expect(Object.keys(LOADERS)).toEqual(Object.keys(OPERATIONS))
  for (const [name, load] of Object.entries(LOADERS)) expect((await load()).name).toBe(name)
})

it('groups of operations, none of which is an operation itself', () => {
  const groups = Object.groupBy(
    Object.keys(OPERATIONS).filter(name => name.includes('_')),
    name => wordsOf(name)[0],
  )
  expect(Object.keys(groups)).toEqual(['import', 'entity', 'graph', 'space', 'snapshot', 'backfill'])
  for (const [group, names] of Object.entries(groups)) {
    expect(Object.keys(OPERATIONS)).not.toContain(group)
    expect(operationsOf(group)).toEqual(names)
  }
})

it('steps of the schema', () => {
  expect(Object.fromEntries(MIGRATIONS.map(step => [step.name, checksumOf(step)]))).toEqual(CHECKSUMS)
  expect(MIGRATIONS.map(step => step.version)).toEqual(MIGRATIONS.map((_, index) => index + 1))
})
