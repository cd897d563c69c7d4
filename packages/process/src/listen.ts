import { ConfigurationError } from 'crawl-ledger'

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'is already in use; stop what listens there, or choose another with PORT or --port (0: any free one).',
  EACCES: 'is not open to this user; choose one above 1023 with PORT or --port.',
}

/** The part of a server that is used; fastify's fits. */
export interface Server {
  listen(options: {
    readonly host: string
    readonly port: number
    readonly listenTextResolver: (address: string) => string
  }): Promise<string>
}

/**
 * Starts to listen.
 *
 * @param tell what the log says of it
 * @throws ConfigurationError of what an operator can mend
 */
export const listen = async (
  app: Server,
  { host, port }: { readonly host: string; readonly port: number },
  tell: (address: string) => string,
): Promise<void> => {
  try {
    await app.listen({ host, port, listenTextResolver: tell })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const reason = reasons[code]
    if (reason !== undefined) throw new ConfigurationError('PORT', `${port} ${reason}`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new ConfigurationError('--host', 'is no address of this machine; 0.0.0.0 stands for all of them.')
    throw error
  }
}
