/**
 * The server: the same on every transport and for every protocol revision, since it is made by one factory. Answers
 * are text alone. Structured content beside it would double each answer, and hosts that show a model only that part
 * would show stored text without its envelope.
 */
import {
  type CallToolResult,
  CLIENT_INFO_META_KEY,
  type McpServerFactory,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import packageJson from '../../../package.json' with { type: 'json' }
import { LIMITS } from '../../model/memory.ts'
import type { Opened } from '../../open.ts'
import type { Caller } from './call.ts'
import { toFailure } from './failures.ts'
import { instructions, type Profile } from './instructions.ts'
import { log, placesOf } from './log.ts'

export interface McpServerOptions extends Profile {
  /** The open store; asked for at each call, so that one that could not be opened can be tried again. */
  readonly opened: () => Promise<Opened>
}

/** Nothing is asked of the client, so nothing it answers needs a validator; the SDK's own one is slow to load. */
const NO_VALIDATOR = {
  getValidator: () => {
    throw new Error('Bug: this server asks clients for nothing')
  },
}

export function mcpServers(options: McpServerOptions): McpServerFactory {
  return async () => {
    const server = new Server(
      { name: 'heirloom', version: packageJson.version },
      {
        capabilities: { tools: {}, prompts: {} },
        instructions: instructions(options),
        jsonSchemaValidator: NO_VALIDATOR,
      },
    )
    server.setRequestHandler('tools/list', async () => ({ tools: (await theTools()).toTools(options) }))
    server.setRequestHandler('tools/call', async ({ params }, ctx) => {
      const names = (await theTools()).toolNames(options)
      if (!names.includes(params.name)) throw unknownTool(params.name, names)
      return answer(options, params, { ...callerOf(server, ctx), profile: options })
    })
    server.setRequestHandler('prompts/list', async () => ({
      prompts: (await thePrompts()).toPrompts(options),
    }))
    server.setRequestHandler('prompts/get', async ({ params }) =>
      (await thePrompts()).toPrompt(params, options),
    )
    // The answer to the opening message says that the server is ready, so the store is open by then or has failed.
    await options.opened().catch(() => null)
    return server
  }
}

/** All schemas come with the tools. They are read after the opening message is answered, which needs none. */
const theTools = () => import('./tools.ts')
const thePrompts = () => import('./prompts.ts')

function unknownTool(name: string, known: readonly string[]): ProtocolError {
  const message = `Unknown tool ${JSON.stringify(name.slice(0, 60))}. There are: ${known.join(', ')}.`
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message)
}

async function answer(
  options: McpServerOptions,
  { name, arguments: given = {} }: { name: string; arguments?: Record<string, unknown> | undefined },
  caller: Caller,
): Promise<CallToolResult> {
  try {
    const [{ callTool }, opened] = await Promise.all([import('./call.ts'), options.opened()])
    return { content: [{ type: 'text', text: await callTool({ name, given }, opened, caller) }] }
  } catch (error) {
    const { code, message, next } = toFailure(error)
    if (code === 'INTERNAL') log('call failed', { tool: name, ...placesOf(error) }, 50)
    const { toToolTalk } = await import('./remedies.ts')
    return {
      content: [{ type: 'text', text: `${code}: ${toToolTalk(message, options)}\nNext: ${next}` }],
      isError: true,
    }
  }
}

/** Who calls and how to reach them: by the request where it says so, else by what was said at the start. */
function callerOf(server: Server, { mcpReq }: ServerContext): Omit<Caller, 'profile'> {
  const envelope = mcpReq.envelope as Readonly<Record<string, unknown>> | undefined
  const client = (envelope?.[CLIENT_INFO_META_KEY] ?? server.getClientVersion()) as
    | { name?: unknown }
    | undefined
  const token = mcpReq._meta?.progressToken
  const progress: Caller['progress'] = ({ done, total, item }) => {
    const params = { progressToken: token ?? '', progress: done, total, message: item }
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined)
  }
  return { client: toName(client?.name), signal: mcpReq.signal, ...(token === undefined ? {} : { progress }) }
}

function toName(name: unknown): string | null {
  const shown =
    typeof name === 'string'
      ? name
          .replace(/\p{Cc}/gu, '')
          .trim()
          .slice(0, LIMITS.name)
      : ''
  return shown === '' || !shown.isWellFormed() ? null : shown
}
