/** What a script of DDL says of columns, roughly: each as `table.column`. */

export function addedColumns(ddl: string): string[] {
  const found = ddl.matchAll(
    /alter table (?:if exists )?"?(\w+)"?\s+add (?:column )?(?:if not exists )?"?(\w+)"?/gi,
  )
  return [...found].map(([, table, column]) => `${table}.${column}`)
}

/** Every word of an index stands for a column: a few too many harm nothing. */
export function indexedColumns(ddl: string): string[] {
  const found = ddl.matchAll(/create (?:unique )?index (?:if not exists )?"?\w+"?\s+on "?(\w+)"?([^;]*)/gi)
  return [...found].flatMap(([, table, rest = '']) => {
    const words = rest.replaceAll(/'[^']*'/g, '').match(/[a-z_]\w*/gi) ?? []
    return [...new Set(words.filter(word => !/^(using|gin|where|with|and)$/i.test(word)))].map(
      word => `${table}.${word}`,
    )
  })
}
