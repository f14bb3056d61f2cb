/** Memories with their revisions, documents and journal, and the people they belong to. */
import { BOOTSTRAP_ID } from '../../model/memory.ts'
import type { Migration } from './migration.ts'

/** What a version of a memory says; the same columns now and in every past version. */
const memoryColumns = (json: string, time: string, id: string) => `
  version integer not null,
  revision integer not null,
  kind text not null,
  content text not null,
  content_hash text not null,
  title text,
  tags ${json} not null,
  metadata ${json} not null,
  project text,
  codebase text,
  file text,
  topics ${json} not null,
  client_id text,
  session_id text,
  author text,
  status text not null,
  earlier_statuses ${json} not null,
  trust text not null,
  confidence double precision,
  slot_subject text,
  slot_attribute text,
  slot_value text,
  valid_from ${time},
  valid_until ${time},
  recorded_at ${time} not null,
  updated_at ${time} not null,
  owner_user_id ${id} not null,
  visibility text not null,
  shared_with_groups ${json} not null,
  "partition" text not null,
  scheme_version integer not null,
  document_id ${id},
  position integer,
  label text,
  source_hash text,
  origin_id text,
  origin_tags text,
  superseded_by ${id}`

const tables = (json: string, time: string, id: string, suffix: string) => `
create table tenants (
  tenant_id ${id} not null primary key,
  name text not null,
  created_at ${time} not null
)${suffix};
create table users (
  tenant_id ${id} not null references tenants,
  id ${id} not null,
  handle text not null,
  display_name text,
  created_at ${time} not null,
  primary key (tenant_id, id)
)${suffix};
create unique index users_by_handle on users (tenant_id, handle);
create table "groups" (
  tenant_id ${id} not null references tenants,
  id ${id} not null,
  handle text not null,
  display_name text,
  created_at ${time} not null,
  primary key (tenant_id, id)
)${suffix};
create unique index groups_by_handle on "groups" (tenant_id, handle);
create table group_memberships (
  tenant_id ${id} not null,
  group_id ${id} not null,
  user_id ${id} not null,
  role text not null check (role in ('member', 'admin')),
  created_at ${time} not null,
  primary key (tenant_id, group_id, user_id),
  foreign key (tenant_id, group_id) references "groups" (tenant_id, id) on delete cascade,
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
)${suffix};
create index group_memberships_by_user on group_memberships (tenant_id, user_id);
create table projects (
  tenant_id ${id} not null references tenants,
  name text not null,
  description text,
  status text not null,
  settings ${json} not null,
  created_at ${time} not null,
  primary key (tenant_id, name)
)${suffix};
create table project_aliases (
  tenant_id ${id} not null,
  alias text not null,
  name text not null,
  created_at ${time} not null,
  primary key (tenant_id, alias),
  foreign key (tenant_id, name) references projects (tenant_id, name)
)${suffix};
create index project_aliases_by_name on project_aliases (tenant_id, name);
create table documents (
  tenant_id ${id} not null,
  id ${id} not null,
  owner_user_id ${id} not null,
  source text not null,
  type text not null,
  hash text not null,
  title text,
  project text,
  tags ${json} not null,
  metadata ${json} not null,
  options ${json} not null,
  ingested_at ${time} not null,
  updated_at ${time} not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, owner_user_id) references users (tenant_id, id),
  foreign key (tenant_id, project) references projects (tenant_id, name)
)${suffix};
create unique index documents_by_source on documents (tenant_id, owner_user_id, source);
create table memories (
  tenant_id ${id} not null,
  id ${id} not null,${memoryColumns(json, time, id)},
  reference_count integer not null default 0,
  last_referenced_at ${time},
  primary key (tenant_id, id),
  foreign key (tenant_id, owner_user_id) references users (tenant_id, id),
  foreign key (tenant_id, project) references projects (tenant_id, name),
  foreign key (tenant_id, document_id) references documents (tenant_id, id),
  check (visibility <> 'private' or cast(shared_with_groups as text) = '[]'),
  check ((document_id is null) = (position is null))
);
create unique index memories_without_twins
  on memories (tenant_id, owner_user_id, content_hash, kind, coalesce(project, ''))
  where document_id is null and status in ('active', 'candidate');
create index memories_by_owner on memories (tenant_id, owner_user_id, id);
create index memories_shared on memories (tenant_id, visibility, id) where visibility <> 'private';
create index memories_by_document on memories (tenant_id, document_id, position) where document_id is not null;
create index memories_by_project on memories (tenant_id, project, id) where project is not null;
create index memories_by_codebase on memories (tenant_id, codebase, id) where codebase is not null;
create index memories_by_session on memories (tenant_id, session_id, id) where session_id is not null;
create index memories_not_active on memories (tenant_id, status, id) where status <> 'active';
create index memories_by_slot
  on memories (tenant_id, slot_subject, slot_attribute) where slot_subject is not null;
create index memories_expiring on memories (tenant_id, valid_until) where valid_until is not null;
create index memories_by_origin on memories (tenant_id, origin_id) where origin_id is not null;
create index memories_with_origin_tags on memories (tenant_id, id) where origin_tags is not null;
create table memory_tags (
  tenant_id ${id} not null,
  tag text not null,
  memory_id ${id} not null,
  primary key (tenant_id, tag, memory_id),
  foreign key (tenant_id, memory_id) references memories (tenant_id, id) on delete cascade
)${suffix};
create index memory_tags_by_memory on memory_tags (tenant_id, memory_id);
create table memory_revisions (
  tenant_id ${id} not null,
  id ${id} not null,${memoryColumns(json, time, id)},
  ended_at ${time} not null,
  primary key (tenant_id, id, version),
  foreign key (tenant_id, id) references memories (tenant_id, id) on delete cascade
);
create table journal (
  tenant_id ${id} not null references tenants,
  sequence bigint not null,
  at ${time} not null,
  actor_kind text not null,
  actor_user_id ${id} not null,
  client text,
  session text,
  operation text not null,
  subject_kind text not null,
  subject_id text not null,
  note text,
  payload_digest text not null,
  previous_hash text not null,
  hash text not null,
  primary key (tenant_id, sequence)
);
create index journal_by_subject on journal (tenant_id, subject_id, sequence);
create table journal_payloads (
  tenant_id ${id} not null,
  sequence bigint not null,
  salt text not null,
  payload text not null,
  primary key (tenant_id, sequence),
  foreign key (tenant_id, sequence) references journal (tenant_id, sequence)
);
create table idempotency (
  tenant_id ${id} not null,
  user_id ${id} not null,
  key text not null,
  request_hash text not null,
  result text,
  created_at ${time} not null,
  primary key (tenant_id, user_id, key)
)${suffix};
create index idempotency_by_age on idempotency (tenant_id, created_at);
create table schema_history (
  version integer not null primary key,
  name text not null,
  checksum text not null,
  floor integer not null,
  applied_at ${time} not null,
  applied_by text not null
)${suffix};
create table settings (
  tenant_id ${id} not null references tenants,
  name text not null,
  value text not null,
  primary key (tenant_id, name)
)${suffix};
create table artefacts (
  name text not null primary key,
  version integer not null,
  made_by text not null,
  needs_rebuild integer not null
)${suffix};
create table keyword_signatures (
  tenant_id ${id} not null references tenants,
  signature bigint not null,
  memory_id ${id} not null,
  primary key (tenant_id, signature, memory_id)
)${suffix};
create table keyword_totals (
  tenant_id ${id} not null references tenants,
  live integer not null,
  documents bigint not null,
  terms bigint not null,
  primary key (tenant_id, live)
)${suffix};`

/** Ids are ascending integers of their own: full-text row ids must survive a VACUUM. */
const keywordColumns = (time: string, id: string) => `
  tenant_id ${id} not null,
  memory_id ${id} not null,
  version integer not null,
  live integer not null,
  owner_user_id ${id} not null,
  document_id ${id},
  position integer,
  trust text not null,
  confidence double precision,
  recorded_at ${time} not null,
  words text not null,
  length integer not null,
  traits integer not null,
  author text not null,`

const keywordIndexes = `
create index keyword_documents_by_place
  on keyword_documents (tenant_id, document_id, position) where document_id is not null and live = 1;`

/**
 * A row is in the full-text table of its part unless it is pending: each commit to FTS5 costs seven pages and a
 * segment, so single rows wait in a tail that is searched row by row until there are enough of them.
 */
const isIn = (row: 'new' | 'old', live: number) => `${row}.live = ${live} and ${row}.pending = 0`

const sqlitePart = (part: 'live' | 'past', live: number) => {
  const insert = `insert into keyword_${part}(rowid, words) values (new.doc, new.words);`
  const remove = `insert into keyword_${part}(keyword_${part}, rowid, words) values ('delete', old.doc, old.words);`
  return `
create view keyword_${part}_words as select doc, words from keyword_documents where live = ${live} and pending = 0;
create virtual table keyword_${part} using fts5(
  words, content='keyword_${part}_words', content_rowid='doc', tokenize="ascii tokenchars '!#$%&()*+,-./:;<=>?@[\\]^_\`{|}~'''"
);
insert into keyword_${part}(keyword_${part}, rank) values ('secure-delete', 1);
create trigger keyword_${part}_insert after insert on keyword_documents
when ${isIn('new', live)} begin ${insert} end;
create trigger keyword_${part}_delete after delete on keyword_documents
when ${isIn('old', live)} begin ${remove} end;
create trigger keyword_${part}_enter after update of live, pending on keyword_documents
when ${isIn('new', live)} and not (${isIn('old', live)}) begin ${insert} end;
create trigger keyword_${part}_leave after update of live, pending on keyword_documents
when ${isIn('old', live)} and not (${isIn('new', live)}) begin ${remove} end;`
}

/** SQLite's full-text tables with their views and triggers, which are also made anew when the index is rebuilt. */
export const fullTextTables = sqlitePart('live', 1) + sqlitePart('past', 0)

const bootstrap = (now: string, secret: string) => `
insert into tenants (tenant_id, name, created_at) values ('${BOOTSTRAP_ID}', 'default', ${now});
insert into users (tenant_id, id, handle, created_at) values ('${BOOTSTRAP_ID}', '${BOOTSTRAP_ID}', 'local', ${now});
insert into keyword_totals (tenant_id, live, documents, terms)
  values ('${BOOTSTRAP_ID}', 1, 0, 0), ('${BOOTSTRAP_ID}', 0, 0, 0);
insert into settings (tenant_id, name, value) values ('${BOOTSTRAP_ID}', 'cursor_secret', ${secret});`

export const memories: Migration = {
  version: 1,
  name: 'memories',
  summary: 'Memories with their revisions, documents, journal and keyword index.',
  floor: 1,
  strategy: 'inPlace',
  sqlite: `${tables('text', 'text', 'text', ' without rowid')}
create table keyword_documents (
  doc integer primary key,${keywordColumns('text', 'text')}
  pending integer not null default 0,
  unique (tenant_id, memory_id, version)
);
create index keyword_documents_pending on keyword_documents (live) where pending = 1;${keywordIndexes}${fullTextTables}
${bootstrap(`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`, 'lower(hex(randomblob(32)))')}`,
  postgres: `${tables('jsonb', 'timestamptz(3)', 'uuid', '')}
create index memories_by_group on memories using gin (shared_with_groups) where visibility <> 'private';
create table keyword_documents (
  doc bigint generated always as identity primary key,${keywordColumns('timestamptz(3)', 'uuid')}
  lexemes tsvector not null,
  unique (tenant_id, memory_id, version)
);${keywordIndexes}
create index keyword_live on keyword_documents using gin (lexemes)
  with (gin_pending_list_limit = 128) where live = 1;
create index keyword_past on keyword_documents using gin (lexemes)
  with (gin_pending_list_limit = 128) where live = 0;
create table schema_version (only_row boolean primary key check (only_row), version integer not null);
${bootstrap('now()', "replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')")}`,
}
