import { randomBytes } from 'node:crypto'
import { analyticsServer } from '@crawl-ledger/analytics'
import { processLogger } from '@crawl-ledger/process'
import { ConfigurationError, type Ledger } from 'crawl-ledger'

export interface Served {
  readonly url: string
  readonly token: string
  close(): Promise<void>
}

/** Starts the analytics server on this machine only, by default with a token made for it. Port 0 takes a free one. */
export const serveAnalytics = async (
  ledger: Ledger,
  port: number,
  token = randomBytes(18).toString('base64url'),
): Promise<Served> => {
  const server = analyticsServer({
    ledger,
    token,
    logger: processLogger({ service: 'analytics', level: 'silent' }),
  })
  const url = await server.listen({ port, host: '127.0.0.1' }).catch(async (error: unknown) => {
    await server.close()
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new ConfigurationError('PORT', `${port} is taken by another program; set PORT to a free one.`)
    throw error
  })
  return { url, token, close: () => server.close() }
}

export interface Answer {
  readonly url: string
  readonly status: number
  readonly body: string
}

/** What an analyst reads of a location. */
export const askAnalytics = async ({ url, token }: Served, locationId: string): Promise<Answer> => {
  const asked = `${url}/analytics?locationId=${encodeURIComponent(locationId)}`
  const response = await fetch(asked, { headers: { authorization: `Bearer ${token}` } })
  return { url: asked, status: response.status, body: await response.text() }
}
