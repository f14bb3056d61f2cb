/**
 * Things and how they relate, what is claimed, and where claims contradict each other. The names of things, the edges
 * to what mentions them and the claims are derived: they are made again from entities and memories. And what is done
 * with memories: which are pinned, what context was given for which prompt and what became of it, how well each is
 * remembered.
 */
import type { Migration } from './migration.ts'

const tables = (json: string, time: string, id: string, sorted: string, suffix: string) => `
alter table memories add column slot_pattern text;
alter table memory_revisions add column slot_pattern text;
alter table keyword_documents add column subject text not null default 'memory';
create index memories_untrusted on memories (tenant_id, trust, id) where trust = 'untrusted';
create index journal_by_kind on journal (tenant_id, subject_kind, sequence) where subject_kind <> 'memory';
create index journal_by_operation on journal (tenant_id, operation, sequence);
create index journal_by_actor on journal (tenant_id, actor_kind, sequence);
create index journal_by_time on journal (tenant_id, at, sequence);
create table entities (
  tenant_id ${id} not null,
  id ${id} not null,
  version integer not null,
  revision integer not null,
  type text not null,
  name text not null,
  name_key text${sorted} not null,
  aliases ${json} not null,
  description text,
  properties ${json} not null,
  project text,
  status text not null,
  earlier_statuses ${json} not null,
  trust text not null,
  confidence double precision,
  valid_from ${time},
  valid_until ${time},
  recorded_at ${time} not null,
  updated_at ${time} not null,
  owner_user_id ${id} not null,
  visibility text not null,
  shared_with_groups ${json} not null,
  superseded_by ${id},
  primary key (tenant_id, id),
  foreign key (tenant_id, owner_user_id) references users (tenant_id, id),
  foreign key (tenant_id, project) references projects (tenant_id, name),
  check (visibility <> 'private' or cast(shared_with_groups as text) = '[]')
);
create unique index entities_without_twins
  on entities (tenant_id, owner_user_id, type, name_key, coalesce(project, ''))
  where status in ('active', 'candidate');
create index entities_by_owner on entities (tenant_id, owner_user_id, id);
create index entities_by_project on entities (tenant_id, project, id) where project is not null;
create index entities_by_type on entities (tenant_id, type, id);
create index entities_not_active on entities (tenant_id, status, id) where status <> 'active';
create table entity_names (
  tenant_id ${id} not null,
  name_key text${sorted} not null,
  entity_id ${id} not null,
  name text not null,
  words_key text${sorted} not null,
  is_alias integer not null,
  primary key (tenant_id, name_key, entity_id),
  foreign key (tenant_id, entity_id) references entities (tenant_id, id) on delete cascade
);
create index entity_names_by_entity on entity_names (tenant_id, entity_id);
create index entity_names_by_words on entity_names (tenant_id, words_key);
create table entity_heads (
  tenant_id ${id} not null references tenants,
  head text not null,
  words integer not null,
  primary key (tenant_id, head, words)
)${suffix};
create table edges (
  tenant_id ${id} not null references tenants,
  source_id ${id} not null,
  type text not null,
  target_id ${id} not null,
  weight double precision not null,
  primary key (tenant_id, source_id, type, target_id)
)${suffix};
create index edges_by_target on edges (tenant_id, target_id, type, source_id);
create table relationships (
  tenant_id ${id} not null,
  id ${id} not null,
  version integer not null,
  type text not null,
  source_kind text not null,
  source_id text not null,
  target_kind text not null,
  target_id text not null,
  confidence double precision,
  evidence_tenant_id ${id},
  evidence_id ${id},
  project text,
  status text not null,
  earlier_statuses ${json} not null,
  trust text not null,
  valid_from ${time},
  valid_until ${time},
  recorded_at ${time} not null,
  updated_at ${time} not null,
  owner_user_id ${id} not null,
  visibility text not null,
  shared_with_groups ${json} not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, owner_user_id) references users (tenant_id, id),
  foreign key (tenant_id, project) references projects (tenant_id, name),
  foreign key (evidence_tenant_id, evidence_id) references memories (tenant_id, id) on delete set null,
  check ((evidence_tenant_id is null) = (evidence_id is null)),
  check (visibility <> 'private' or cast(shared_with_groups as text) = '[]')
);
create unique index relationships_without_twins
  on relationships (tenant_id, source_id, type, target_id, owner_user_id)
  where status in ('active', 'candidate');
create index relationships_by_source on relationships (tenant_id, source_id, type, target_id);
create index relationships_by_target on relationships (tenant_id, target_id, type, source_id);
create index relationships_by_evidence
  on relationships (evidence_tenant_id, evidence_id) where evidence_id is not null;
create index relationships_not_active on relationships (tenant_id, status, id) where status <> 'active';
create table graduations (
  tenant_id ${id} not null,
  memory_id ${id} not null,
  entity_id ${id} not null,
  graduated_at ${time} not null,
  primary key (tenant_id, memory_id),
  foreign key (tenant_id, memory_id) references memories (tenant_id, id) on delete cascade,
  foreign key (tenant_id, entity_id) references entities (tenant_id, id)
)${suffix};
create index graduations_by_entity on graduations (tenant_id, entity_id);
create table claims (
  tenant_id ${id} not null references tenants,
  subject_kind text not null,
  subject_id ${id} not null,
  attribute_key text not null,
  owner_user_id ${id} not null,
  project text not null,
  said_key text not null,
  slot_subject text not null,
  said_subject text not null,
  attribute text not null,
  value text not null,
  value_key text not null,
  trust text not null,
  valid_from ${time},
  valid_until ${time},
  recorded_at ${time} not null,
  primary key (tenant_id, subject_id, attribute_key)
);
create index claims_by_slot on claims (tenant_id, slot_subject, attribute_key, project, owner_user_id);
create index claims_by_saying on claims (tenant_id, said_key);
create table conflicts (
  tenant_id ${id} not null,
  id ${id} not null,
  version integer not null,
  owner_user_id ${id} not null,
  project text,
  subject text not null,
  attribute text not null,
  slot_subject text not null,
  attribute_key text not null,
  status text not null,
  resolution text,
  winner_kind text,
  winner_id ${id},
  note text,
  detected_at ${time} not null,
  resolved_at ${time},
  resolved_by_kind text,
  resolved_by_user_id ${id},
  closes_at ${time},
  primary key (tenant_id, id),
  foreign key (tenant_id, owner_user_id) references users (tenant_id, id),
  foreign key (tenant_id, project) references projects (tenant_id, name)
);
create unique index conflicts_one_open
  on conflicts (tenant_id, slot_subject, attribute_key, owner_user_id, coalesce(project, '')) where status = 'open';
create index conflicts_by_status on conflicts (tenant_id, status, id);
create index conflicts_by_project on conflicts (tenant_id, project, id) where project is not null;
create index conflicts_by_slot on conflicts (tenant_id, slot_subject, attribute_key, id);
create index conflicts_closing on conflicts (tenant_id, closes_at) where status = 'open' and closes_at is not null;
create table conflict_members (
  tenant_id ${id} not null,
  conflict_id ${id} not null,
  member_kind text not null,
  member_id ${id} not null,
  trust text not null,
  value text not null,
  value_key text not null,
  joined_at ${time} not null,
  primary key (tenant_id, conflict_id, member_id),
  foreign key (tenant_id, conflict_id) references conflicts (tenant_id, id) on delete cascade
);
create index conflict_members_by_member on conflict_members (tenant_id, member_id, conflict_id);`

const use = (json: string, time: string, id: string, suffix: string) => `
create table preferences (
  tenant_id ${id} not null references tenants,
  name text not null,
  value ${json} not null,
  updated_at ${time} not null,
  primary key (tenant_id, name)
)${suffix};
create table pins (
  tenant_id ${id} not null,
  memory_id ${id} not null,
  pinned_at ${time} not null,
  tokens integer not null,
  primary key (tenant_id, memory_id),
  foreign key (tenant_id, memory_id) references memories (tenant_id, id) on delete cascade
)${suffix};
create table packs (
  tenant_id ${id} not null,
  id ${id} not null,
  owner_user_id ${id} not null,
  project text,
  session_id text,
  client_id text,
  prompt text,
  budget integer not null,
  tokens integer not null,
  items ${json} not null,
  left_out integer not null,
  created_at ${time} not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, owner_user_id) references users (tenant_id, id)
);
create index packs_by_owner on packs (tenant_id, owner_user_id, id);
create table interactions (
  tenant_id ${id} not null,
  id ${id} not null,
  owner_user_id ${id} not null,
  pack_id ${id},
  project text,
  session_id text,
  client_id text,
  prompt text,
  response text,
  summary text,
  used ${json} not null,
  recorded_at ${time} not null,
  shredded_at ${time},
  primary key (tenant_id, id),
  foreign key (tenant_id, owner_user_id) references users (tenant_id, id)
);
create index interactions_by_owner on interactions (tenant_id, owner_user_id, id);
create index interactions_by_session on interactions (tenant_id, session_id, id) where session_id is not null;
create index interactions_by_project on interactions (tenant_id, project, id) where project is not null;
create index interactions_by_pack on interactions (tenant_id, pack_id) where pack_id is not null;
create index interactions_kept on interactions (tenant_id, recorded_at) where shredded_at is null;
create table strengths (
  tenant_id ${id} not null,
  memory_id ${id} not null,
  due ${time} not null,
  stability double precision not null,
  difficulty double precision not null,
  state integer not null,
  reps integer not null,
  lapses integer not null,
  learning_steps integer not null,
  scheduled_days integer not null,
  last_review ${time} not null,
  primary key (tenant_id, memory_id),
  foreign key (tenant_id, memory_id) references memories (tenant_id, id) on delete cascade
);
create index strengths_due on strengths (tenant_id, due);
create table strength_reviews (
  tenant_id ${id} not null,
  id ${id} not null,
  memory_id ${id} not null,
  at ${time} not null,
  grade text not null,
  source text not null,
  interaction_id ${id},
  primary key (tenant_id, id),
  foreign key (tenant_id, memory_id) references memories (tenant_id, id) on delete cascade
);
create index strength_reviews_by_memory on strength_reviews (tenant_id, memory_id, id);`

export const knowledge: Migration = {
  version: 6,
  name: 'knowledge',
  summary: 'Entities with their relationships, claims with their conflicts, context with what became of it.',
  floor: 6,
  strategy: 'inPlace',
  sqlite:
    tables('text', 'text', 'text', '', ' without rowid') + use('text', 'text', 'text', ' without rowid'),
  // Prefixes of names are ranges of an index only in the order of their characters' code points.
  postgres:
    tables('jsonb', 'timestamptz(3)', 'uuid', ' collate "C"', '') +
    use('jsonb', 'timestamptz(3)', 'uuid', ''),
}
