import { randomUUID } from 'node:crypto'
import { loggedError, scrubber } from '@crawl-ledger/process'
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify'
import type { Health } from './health.js'

export interface ServerOptions {
  readonly health: () => Promise<Health>
  /** The text for Prometheus. */
  readonly metrics: () => Promise<string>
  readonly logger: FastifyBaseLogger
}

const prometheusText = 'text/plain; version=0.0.4; charset=utf-8'

/** `GET /health` and `GET /metrics`, for the machines that look after this one. It does not listen yet. */
export const projectorServer = ({ health, metrics, logger }: ServerOptions): FastifyInstance => {
  const app: FastifyInstance = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    forceCloseConnections: true,
    requestTimeout: 30_000,
  })

  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({
      status: 'error',
      error: { code: 'route-unknown', message: 'There is no such page. Ask GET /health or GET /metrics' },
    }),
  )

  app.setErrorHandler((error, request, reply) => {
    request.log.error({ error: loggedError(error, scrubber()) }, 'no answer')
    const message = `The worker failed to answer. Its log has the reason under reqId ${request.id}.`
    return reply.code(500).send({ status: 'error', error: { code: 'internal', message } })
  })

  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })

  app.get('/health', async (_request, reply) => {
    const answer = await health()
    return reply.code(answer.status === 'down' ? 503 : 200).send(answer)
  })

  app.get('/metrics', async (_request, reply) => reply.type(prometheusText).send(await metrics()))

  return app
}
