/** Names that models give to arguments, and the arguments they may stand for: the first that the operation takes. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  text: ['content', 'query'],
  memory: ['content', 'id'],
  fact: ['content'],
  note: ['content'],
  message: ['content', 'note'],
  body: ['content'],
  statement: ['content'],
  information: ['content'],
  new_content: ['content'],
  new_text: ['content'],
  q: ['query', 'prompt'],
  query: ['prompt'],
  task: ['prompt'],
  answer: ['response'],
  pack_id: ['pack'],
  question: ['query'],
  search: ['query'],
  search_query: ['query'],
  keywords: ['query'],
  terms: ['query'],
  content: ['query'],
  prompt: ['query'],
  memory_id: ['id'],
  uuid: ['id'],
  identifier: ['id'],
  ids: ['id'],
  subject: ['subject_id'],
  n: ['limit'],
  k: ['limit'],
  top_k: ['limit'],
  max_results: ['limit'],
  num_results: ['limit'],
  count: ['limit'],
  max: ['limit'],
  page_size: ['limit'],
  tag: ['tags'],
  label: ['tags'],
  labels: ['tags'],
  keyword: ['tags', 'query'],
  topic: ['topics'],
  type: ['kind'],
  kinds: ['kind'],
  category: ['kind'],
  memory_type: ['kind'],
  heading: ['title'],
  dir: ['paths', 'codebase'],
  path: ['paths', 'file'],
  folder: ['paths', 'codebase'],
  directory: ['paths', 'codebase'],
  file: ['paths'],
  files: ['paths'],
  filename: ['file', 'name'],
  file_path: ['paths', 'file'],
  project_name: ['project', 'name'],
  workspace: ['project'],
  namespace: ['project'],
  repo: ['codebase'],
  repository: ['codebase'],
  speaker: ['author'],
  by: ['author'],
  session: ['session_id'],
  client: ['client_id'],
  meta: ['metadata'],
  claim: ['slot'],
  reason: ['note'],
  comment: ['note'],
  why: ['note', 'explain'],
  external: ['third_party'],
  max_tokens: ['budget'],
  token_budget: ['budget'],
  since: ['recorded_after', 'after'],
  after: ['recorded_after'],
  from_date: ['recorded_after', 'after'],
  until: ['recorded_before', 'before'],
  before: ['recorded_before'],
  to_date: ['recorded_before', 'before'],
  expires: ['valid_until'],
  expires_at: ['valid_until'],
  statuses: ['status'],
  state: ['status'],
  min_trust: ['trust'],
  versions: ['revisions'],
  expected_revision: ['if_revision'],
  replacement: ['content', 'by'],
  offset: ['from'],
  start: ['from'],
}

/** `topK` and `Top-K` as `top_k`. */
export function toSnakeCase(name: string): string {
  return name
    .trim()
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[\s-]+/g, '_')
    .toLowerCase()
}

/** The argument that a name means where the operation takes these, or null. */
export function meantBy(name: string, taken: { has(name: string): boolean }): string | null {
  const plain = toSnakeCase(name)
  if (taken.has(plain)) return plain
  return aliasesOf(plain).find(meant => taken.has(meant)) ?? null
}

/** What a name may stand for besides itself. */
export function aliasesOf(name: string): readonly string[] {
  return Object.hasOwn(ALIASES, name) ? (ALIASES[name] ?? []) : []
}
