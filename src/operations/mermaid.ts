/** A graph of lineage as Mermaid's text, which many pages and editors draw. */

interface MermaidNode {
  readonly id: string
  /** Lines of text. */
  readonly lines: readonly string[]
}

interface MermaidEdge {
  readonly type: string
  readonly source: string
  readonly target: string
}

/** Arrows lead from a source to what came of it. Ids are numbered, since Mermaid takes few characters in one. */
export function toMermaid(nodes: readonly MermaidNode[], edges: readonly MermaidEdge[]): string {
  const names = new Map(nodes.map(({ id }, index) => [id, `n${index}`]))
  const boxes = nodes.map(({ id, lines }) => `  ${names.get(id)}["${lines.map(escaped).join('<br/>')}"]`)
  const arrows = edges.map(
    ({ type, source, target }) => `  ${names.get(source)} -->|${type}| ${names.get(target)}`,
  )
  return ['flowchart TD', ...boxes, ...arrows].join('\n')
}

/** Mermaid reads entities by their number; what could end a box or begin a tag or a directive is written so. */
function escaped(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}\p{M} .,:;=/()+_-]/gu, character => `#${character.codePointAt(0)};`)
}
