import { ConfigurationError } from 'crawl-ledger'
import type { FastifyInstance } from 'fastify'

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'is already in use; stop what listens there, or choose another with PORT or --port (0: any free one).',
  EACCES: 'is not open to this user; choose one above 1023 with PORT or --port.',
}

/** Starts to listen. What an operator can mend is rejected as a `ConfigurationError`. */
export const listen = async (app: FastifyInstance, host: string, port: number): Promise<void> => {
  try {
    await app.listen({ host, port, listenTextResolver: address => `health at ${address}/health` })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const reason = reasons[code]
    if (reason !== undefined) throw new ConfigurationError('PORT', `${port} ${reason}`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new ConfigurationError('--host', 'is no address of this machine; 0.0.0.0 stands for all of them.')
    throw error
  }
}
