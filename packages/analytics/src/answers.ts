import { loggedError, TimedOut } from '@crawl-ledger/process'
import { StoreError } from 'crawl-ledger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Failure, failureBody } from './failure.js'

/** What every answer carries: figures are of this moment and of this caller only. */
export const commonHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const

const isRefusedByFastify = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  String(error.code).startsWith('FST_') &&
  'statusCode' in error &&
  Number(error.statusCode) < 500

/** What a caller is told of an error. Its own text stays here: it may name hosts, paths or worse. */
const failureOf = (error: unknown, requestId: string): Failure => {
  if (error instanceof Failure) return error
  if (error instanceof StoreError || error instanceof TimedOut)
    return new Failure(
      'store-unavailable',
      'The store does not answer now, so there are no figures. Try again shortly; GET /health tells when it is back.',
      { cause: error },
    )
  if (isRefusedByFastify(error))
    return new Failure('bad-request', 'The request cannot be read. Ask GET /analytics?locationId=LOCATION', {
      cause: error,
    })
  return new Failure(
    'internal',
    `The server failed; this is not the caller's fault. Its log has the reason under reqId ${requestId}.`,
    { cause: error },
  )
}

/** Answers a request that failed, and logs what the operator must know. */
export const answerFailure =
  (scrub: (text: string) => string) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const failure = failureOf(error, request.id)
    if (failure.status >= 500)
      request.log.error({ code: failure.code, error: loggedError(failure.cause, scrub) }, 'no answer')
    if (failure.code === 'unauthorized') reply.header('www-authenticate', 'Bearer')
    return reply.code(failure.status).headers(commonHeaders).send(failureBody(failure))
  }
