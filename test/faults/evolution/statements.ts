/** A text of SQL cut into its statements, so that a script is interrupted between any two of them. Pure. */

const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|(\$\w*\$)[\s\S]*?\1|;|[^'"$;/-]+|[\s\S]/g

/** A trigger has statements of its own inside. */
const TRIGGER = /^\s*create\s+(?:temp\s+|temporary\s+)?trigger\b/i
const ENDED = /\bend\s*$/i

export function statementsOf(script: string): string[] {
  const statements: string[] = []
  let statement = ''
  for (const [token] of script.matchAll(TOKEN)) {
    if (token === ';' && (!TRIGGER.test(statement) || ENDED.test(statement))) {
      statements.push(statement)
      statement = ''
    } else if (!/^(--|\/\*)/.test(token)) statement += token
  }
  statements.push(statement)
  return statements.map(text => text.trim()).filter(text => text !== '')
}
