/** The server that stdio serves, over HTTP on a free port of this machine, for suites that speak nothing else. */
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from '@modelcontextprotocol/server'
import { openStore } from '../../src/open.ts'
import { mcpServers } from '../../src/surfaces/mcp/server.ts'

export interface Served extends AsyncDisposable {
  readonly url: string
}

export async function serveOverHttp(): Promise<Served> {
  const opened = await openStore({ store: 'memory:', actor: 'agent' })
  const handler = createMcpHandler(mcpServers({ opened: async () => opened, readOnly: false }))
  const fetch = async (request: Request): Promise<Response> =>
    hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
    originValidationResponse(request, localhostAllowedOrigins()) ??
    handler.fetch(request)
  const { server, port } = await new Promise<{ server: ReturnType<typeof serve>; port: number }>(resolve => {
    const started = serve({ fetch, hostname: '127.0.0.1', port: 0 }, (info: AddressInfo) =>
      resolve({ server: started, port: info.port }),
    )
  })
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    [Symbol.asyncDispose]: async () => {
      await handler.close()
      await new Promise(resolve => server.close(resolve))
      await opened.store.close()
    },
  }
}
