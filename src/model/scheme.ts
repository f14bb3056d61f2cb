/**
 * The partition scheme: the path a memory has. Version 1 is `{project|shared}/{kind}`.
 */
export const SCHEME_VERSION = 1

/** The path under the current scheme; each segment matches `[a-z0-9._-]{1,64}`. */
export function partitionOf(memory: { project: string | null; kind: string }): string {
  return `${memory.project === null ? 'shared' : segment(memory.project)}/${segment(memory.kind)}`
}

function segment(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 64)
  return slug === '' ? 'x' : slug
}
