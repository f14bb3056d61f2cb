/** Entities and relationships for tests, by their names. */
import { expect } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import type { TestStore } from './engines.ts'

type Created = Parameters<Heirloom['entity_create']>[0]

/** Entities of a type, by their names. */
export async function things(
  memory: Heirloom,
  type: string,
  names: readonly string[],
  also: Partial<Created> = {},
): Promise<Record<string, string>> {
  const ids: Record<string, string> = {}
  for (const name of names) ids[name] = (await memory.entity_create({ type, name, ...also })).id
  return ids
}

/** Each as "source type target", with `/` between. */
export async function related(memory: Heirloom, sentences: readonly string[]): Promise<string[]> {
  const ids: string[] = []
  for (const sentence of sentences) {
    const [source = '', type = '', target = ''] = sentence.split('/').map(part => part.trim())
    ids.push((await memory.relate({ source, type, target })).id)
  }
  return ids
}

/**
 * A ground station: a site with two racks; a switch in one of them on which a service depends; what was required,
 * decided and assumed about them.
 */
export async function station({ memory }: Pick<TestStore, 'memory'>): Promise<Record<string, string>> {
  const also = { project: 'station' }
  const ids = {
    ...(await things(memory, 'system', ['Site'], also)),
    ...(await things(memory, 'component', ['Rack A', 'Rack B', 'Switch', 'Fan', 'Router'], also)),
    ...(await things(memory, 'service', ['Telemetry', 'Archive'], also)),
    ...(await things(memory, 'requirement', ['Stay below 30 C', 'Serve two users', 'Log each pass'], also)),
    ...(await things(memory, 'decision', ['One switch a rack', 'Cool by air', 'Buy used'], also)),
    ...(await things(memory, 'assumption', ['Air is dry', 'Two users at most', 'Parts are sold on'], also)),
    ...(await things(memory, 'claim', ['The fan is quiet', 'The switch is fast', 'The rack is full'], also)),
    ...(await things(memory, 'evidence', ['Noise test'], also)),
  }
  await related(memory, [
    'Site / contains / Rack A',
    'Site / contains / Rack B',
    'Rack A / contains / Switch',
    'Rack A / contains / Fan',
    'Switch / interfaces_with / Router',
    'Telemetry / depends_on / Switch',
    'Archive / depends_on / Telemetry',
    'Fan / satisfies / Stay below 30 C',
    'Switch / satisfies / Serve two users',
    'Switch / affected_by_decision / One switch a rack',
    'Rack A / affected_by_decision / Cool by air',
    'Switch / constrained_by / Serve two users',
    'Site / constrained_by / Buy used',
    'One switch a rack / based_on_assumption / Two users at most',
    'Cool by air / based_on_assumption / Air is dry',
    'Switch / based_on_assumption / Parts are sold on',
    'Noise test / supports / The fan is quiet',
  ])
  return ids
}

interface Graph {
  readonly nodes: readonly { readonly id: string; readonly name: string | null }[]
  readonly edges: readonly { readonly type: string; readonly source: string; readonly target: string }[]
}

/** What a graph says, as sentences. */
export function sentencesOf({ nodes, edges }: Graph): string[] {
  const names = new Map(nodes.map(({ id, name }) => [id, name]))
  return edges
    .map(({ type, source, target }) => `${names.get(source)} / ${type} / ${names.get(target)}`)
    .sort()
}

/** The names of what a graph shows, the nearest first, without the one that was asked about. */
export function namesOf({ nodes }: Pick<Graph, 'nodes'>): (string | null)[] {
  return nodes.slice(1).map(({ name }) => name)
}

/** The error that a call ends in. */
export async function refusalOf(call: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await call.then(
    () => null,
    (caught: unknown) => caught,
  )
  expect(error, 'it was not refused').not.toBeNull()
  const { code, message } = error as { code: string; message: string }
  return { code, message }
}

export async function digestOf(memory: Heirloom): Promise<string> {
  return (await memory.digest({})).digest
}
