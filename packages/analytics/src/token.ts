import { createHash, timingSafeEqual } from 'node:crypto'
import { ConfigurationError } from 'crawl-ledger'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const sendable = /^[\x21-\x7e]+$/

/** The configured token without blanks around it. Throws a `ConfigurationError` that says how to set one. */
export const usableToken = (token: string | undefined): string => {
  const trimmed = token?.trim() ?? ''
  if (trimmed === '')
    throw new ConfigurationError(
      'API_TOKEN',
      'set it to the secret that callers must send, for example API_TOKEN=$(openssl rand -hex 32).',
    )
  if (!sendable.test(trimmed))
    throw new ConfigurationError(
      'API_TOKEN',
      'use visible ASCII characters without blanks, since it is sent in an HTTP header; `openssl rand -hex 32` makes a good one.',
    )
  return trimmed
}

/** Whether an Authorization header carries the token. Takes as long for a wrong token as for the right one. */
export const bearerCheck = (token: string): ((authorization: string | undefined) => boolean) => {
  const expected = digest(token)
  return authorization => {
    const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
    return timingSafeEqual(digest(given ?? ''), expected) && given !== undefined
  }
}
