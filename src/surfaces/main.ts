/** What the launcher starts: the MCP server without the command line's weight, or the command line. */
export async function main(args: readonly string[]): Promise<void> {
  if (args[0] === 'mcp') {
    const { serveMcp } = await import('./mcp/main.ts')
    await serveMcp(args.slice(1))
  } else {
    const { runCli } = await import('./cli/main.ts')
    await runCli(args)
  }
}
