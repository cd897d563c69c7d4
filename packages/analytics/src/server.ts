import { randomUUID } from 'node:crypto'
import { loggedError, processLogger, scrubber } from '@crawl-ledger/process'
import type { Ledger } from 'crawl-ledger'
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify'
import { answerFailure, commonHeaders } from './answers.js'
import { answerClientError } from './client-error.js'
import { Failure } from './failure.js'
import { askedLocation, readFigures } from './figures.js'
import { healthCheck } from './health.js'
import { logRequests } from './request-log.js'
import { bearerCheck, usableToken } from './token.js'

export interface AnalyticsOptions {
  /** What is read; a `Ledger`. Who opened it closes it, after the server. */
  readonly ledger: Pick<Ledger, 'store' | 'analytics' | 'ping' | 'spool'>
  /** What a caller of `/analytics` must send as `Authorization: Bearer TOKEN`. */
  readonly token: string | undefined
  /** By default `processLogger`: structured, to the standard output. */
  readonly logger?: FastifyBaseLogger
}

/** For how long what was asked is still answered when the server closes, in milliseconds. */
const lastAnswersMs = 3000

/**
 * The HTTP server that analysts read: `GET /analytics?locationId=…` and `GET /health`.
 * It does not listen yet. Throws a `ConfigurationError` when there is no token.
 */
export const analyticsServer = (options: AnalyticsOptions): FastifyInstance => {
  const { ledger } = options
  const token = usableToken(options.token)
  const isAllowed = bearerCheck(token)
  const scrub = scrubber([token])
  const fail = answerFailure(scrub)
  const loggerInstance = options.logger ?? processLogger({ service: 'analytics', secrets: [token] })

  const app: FastifyInstance = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    frameworkErrors: (error, request, reply) => fail(error, request, reply),
    clientErrorHandler: answerClientError,
    return503OnClosing: false,
    requestTimeout: 30_000,
  })

  app.setErrorHandler(fail)
  // What was asked is answered, but whoever keeps a connection open, or asks slowly, does not keep the server.
  app.addHook('preClose', async () => {
    setTimeout(() => app.server.closeAllConnections(), lastAnswersMs).unref()
  })
  logRequests(app)

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(commonHeaders)
    if (!request.is404) return
    const path = request.url.split('?', 1)[0] ?? ''
    if (!app.hasRoute({ method: 'GET', url: path }))
      throw new Failure(
        'route-unknown',
        'There is no such page. Ask GET /analytics?locationId=LOCATION or GET /health',
      )
    reply.header('allow', 'GET, HEAD')
    throw new Failure('method-not-allowed', `${path} can only be read: use GET.`)
  })

  const authorise = async ({
    headers,
  }: {
    headers: { authorization?: string | undefined }
  }): Promise<void> => {
    if (!isAllowed(headers.authorization))
      throw new Failure('unauthorized', 'Send the token of this service: Authorization: Bearer TOKEN')
  }

  app.get<{ Querystring: Record<string, unknown> }>(
    '/analytics',
    { onRequest: authorise },
    async request => ({
      status: 'success',
      data: await readFigures(ledger, askedLocation(request.query)),
    }),
  )

  const health = healthCheck(ledger, {
    onFailure: error => app.log.warn({ error: loggedError(error, scrub) }, 'the store does not answer'),
  })
  app.get('/health', async (_request, reply) => {
    const answer = await health()
    return reply.code(answer.store.status === 'ok' ? 200 : 503).send(answer)
  })

  return app
}
