/** An agent's side: the official client over stdio, against the server as users start it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

const root = join(import.meta.dirname, '..', '..')
export const NODE = join(root, 'node_modules', '.bin', 'node')
export const LAUNCHER = join(root, 'bin', 'heirloom.js')

/** Both families of protocol revisions, each as a client asks for it. */
export const ERAS = {
  '2025-11-25': {},
  '2026-07-28': { versionNegotiation: { mode: 'auto' } },
} as const

export interface Said {
  readonly text: string
  readonly isError: boolean
}

export interface Agent extends AsyncDisposable {
  readonly client: Client
  readonly call: (tool: string, args?: Record<string, unknown>) => Promise<Said>
  /** The same, for a call that is meant to succeed. */
  readonly say: (tool: string, args?: Record<string, unknown>) => Promise<string>
  readonly stderr: () => string
}

export interface Folder extends Disposable {
  readonly path: string
  readonly store: string
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'heirloom-mcp-'))
  return {
    path,
    store: join(path, 'memories.db'),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

export async function startAgent(
  args: readonly string[],
  era: keyof typeof ERAS = '2025-11-25',
): Promise<Agent> {
  const transport = new StdioClientTransport({
    command: NODE,
    args: [LAUNCHER, 'mcp', ...args],
    stderr: 'pipe',
  })
  let stderr = ''
  transport.stderr?.on('data', chunk => {
    stderr += String(chunk)
  })
  const client = new Client({ name: 'test-agent', version: '1.0.0' }, ERAS[era])
  await client.connect(transport)
  const call = async (tool: string, args: Record<string, unknown> = {}): Promise<Said> => {
    const { content, isError } = await client.callTool({ name: tool, arguments: args })
    const [part] = content as { type: string; text?: string }[]
    return { text: part?.text ?? '', isError: isError === true }
  }
  const say = async (tool: string, args: Record<string, unknown> = {}): Promise<string> => {
    const said = await call(tool, args)
    if (said.isError) throw new Error(`${tool}: ${said.text}`)
    return said.text
  }
  return { client, call, say, stderr: () => stderr, [Symbol.asyncDispose]: () => client.close() }
}

/** The first id in an answer. */
export function idIn(text: string): string {
  return /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? 'no id'
}
