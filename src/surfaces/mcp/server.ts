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
import { type Caller, callTool } from './call.ts'
import { toFailure } from './failures.ts'
import { log, placesOf } from './log.ts'
import { forAgent } from './remedies.ts'
import { instructions, type Profile, toolCards, toTools } from './tools.ts'

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
      { capabilities: { tools: {} }, instructions: instructions(options), jsonSchemaValidator: NO_VALIDATOR },
    )
    server.setRequestHandler('tools/list', () => ({ tools: toTools(options) }))
    server.setRequestHandler('tools/call', ({ params }, ctx) => {
      const known = [...toolCards(options).keys(), ...(options.readOnly ? [] : ['admin'])]
      if (!known.includes(params.name)) {
        throw new ProtocolError(
          ProtocolErrorCode.InvalidParams,
          `Unknown tool "${params.name.slice(0, 60)}". There are: ${known.join(', ')}.`,
        )
      }
      return answer(options, params, callerOf(server, ctx))
    })
    // The answer to the opening message says that the server is ready, so the store is open by then or has failed.
    await options.opened().catch(() => null)
    return server
  }
}

async function answer(
  options: McpServerOptions,
  { name, arguments: given = {} }: { name: string; arguments?: Record<string, unknown> | undefined },
  caller: Caller,
): Promise<CallToolResult> {
  try {
    const opened = await options.opened()
    const text = await callTool({ name, given }, opened, caller)
    return { content: [{ type: 'text', text: forAgent(text, options) }] }
  } catch (error) {
    const { code, text } = toFailure(error)
    if (code === 'INTERNAL') log('call failed', { tool: name, ...placesOf(error) }, 50)
    return { content: [{ type: 'text', text: forAgent(text, options) }], isError: true }
  }
}

/** Who calls and how to reach them: by the request where it says so, else by what was said at the start. */
function callerOf(server: Server, { mcpReq }: ServerContext): Caller {
  const envelope = mcpReq.envelope as Readonly<Record<string, unknown>> | undefined
  const client = (envelope?.[CLIENT_INFO_META_KEY] ?? server.getClientVersion()) as
    | { name?: unknown }
    | undefined
  const name =
    typeof client?.name === 'string'
      ? client.name
          .replace(/\p{Cc}/gu, '')
          .trim()
          .slice(0, LIMITS.name)
      : ''
  const token = mcpReq._meta?.progressToken
  return {
    client: name === '' || !name.isWellFormed() ? null : name,
    signal: mcpReq.signal,
    ...(token === undefined
      ? {}
      : {
          progress: ({ done, total, item }) => {
            const params = { progressToken: token, progress: done, total, message: item }
            mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined)
          },
        }),
  }
}
