import type { FastifyInstance } from 'fastify'

const levelOf = (route: string | undefined, status: number): 'error' | 'info' | 'debug' => {
  if (status >= 500) return 'error'
  return route === '/health' ? 'debug' : 'info'
}

/**
 * Logs one line per answer. It names the route and never the URL nor a header as it came:
 * whoever puts the token in the wrong place must not find it in a log.
 */
export const logRequests = (app: FastifyInstance): void => {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url
    const entry = {
      method: request.method,
      route: route ?? null,
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 100) / 100,
      from: request.ip,
    }
    request.log[levelOf(route, reply.statusCode)](entry, 'answered')
  })
}
