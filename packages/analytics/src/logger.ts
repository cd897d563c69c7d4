import { type DestinationStream, type Logger, pino } from 'pino'
import { lineScrubber } from './secrets.js'

export interface LoggerOptions {
  /** By default `info`. */
  readonly level?: string
  /** Texts that must never reach a log, such as the token. */
  readonly secrets?: readonly string[]
  /** By default the standard output. */
  readonly destination?: DestinationStream
}

/** A structured log: one JSON object a line, without tokens, passwords and connection strings. */
export const analyticsLogger = ({ level = 'info', secrets, destination }: LoggerOptions = {}): Logger => {
  const options = {
    level,
    base: { service: 'analytics' },
    redact: ['req.headers.authorization', 'headers.authorization'],
    hooks: { streamWrite: lineScrubber(secrets) },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
