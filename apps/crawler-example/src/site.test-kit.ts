import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Reply =
  | { readonly type: string; readonly body: string | Uint8Array }
  | { readonly redirect: string }
  | { readonly status: number }
  /** Answers as it likes. */
  | ((request: IncomingMessage, response: ServerResponse) => void)

export interface TestSite {
  readonly url: string
  /** The paths that were asked for, in order. */
  readonly asked: string[]
  close(): Promise<void>
}

export const html = (body: string): Reply => ({ type: 'text/html; charset=utf-8', body })

export const pngType = 'image/png'

/** A site of pages by their paths. What is not among them is 404. */
export const startSite = async (
  pages: { readonly [path: string]: Reply },
  /** Called before a path is answered; what it returns is waited for. */
  gate: (path: string) => Promise<void> | void = () => {},
  port = 0,
): Promise<TestSite> => {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    await gate(path)
    const reply = Object.hasOwn(pages, path) ? pages[path] : undefined
    if (reply === undefined) response.writeHead(404).end()
    else if (typeof reply === 'function') reply(request, response)
    else if ('redirect' in reply) response.writeHead(302, { location: reply.redirect }).end()
    else if ('status' in reply) response.writeHead(reply.status).end()
    else response.writeHead(200, { 'content-type': reply.type }).end(reply.body)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}/`,
    asked,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
