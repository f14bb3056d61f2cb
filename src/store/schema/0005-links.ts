/**
 * Links between memories. A link outlives its source: the foreign key becomes null then, while the source's id as text
 * and a copy of what it was stay.
 */
import type { Migration } from './migration.ts'

const table = (time: string, id: string) => `
create table links (
  tenant_id ${id} not null,
  target_id ${id} not null,
  type text not null,
  source_ref text not null,
  source_tenant_id ${id},
  source_id ${id},
  source_hash text,
  source_label text,
  source_owner text,
  source_deleted_at ${time},
  only_source integer not null,
  target_partition text not null,
  created_at ${time} not null,
  primary key (tenant_id, target_id, type, source_ref),
  foreign key (tenant_id, target_id) references memories (tenant_id, id) on delete cascade,
  foreign key (source_tenant_id, source_id) references memories (tenant_id, id) on delete set null,
  check ((source_tenant_id is null) = (source_id is null))
);
create unique index links_only_source on links (tenant_id, target_id, type) where only_source = 1;
create index links_by_source on links (tenant_id, source_ref, type, target_id);
create index links_by_source_row on links (source_tenant_id, source_id) where source_id is not null;
create index links_by_partition on links (tenant_id, target_partition);
create index memory_tags_shared on memory_tags (tenant_id, memory_id) where substr(tag, 1, 12) = 'shared-from=';`

export const links: Migration = {
  version: 5,
  name: 'links',
  summary: 'Memories are linked to those that they came from, also after these are gone.',
  floor: 5,
  strategy: 'inPlace',
  // With row ids: without them SQLite, which knows no statistics here, takes the key's first column for the best index.
  sqlite: table('text', 'text'),
  postgres: table('timestamptz(3)', 'uuid'),
}
