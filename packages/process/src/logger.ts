import { type DestinationStream, type Logger, pino } from 'pino'
import { lineScrubber } from './secrets.js'

export interface LoggerOptions {
  /** Which service each line names. */
  readonly service: string
  /** By default `info`. */
  readonly level?: string
  /** Texts that must never reach a log, such as the token. */
  readonly secrets?: readonly string[]
  /** By default the standard output. */
  readonly destination?: DestinationStream
}

/** A structured log: one JSON object a line, without tokens, passwords and connection strings. */
export const processLogger = ({ service, level = 'info', secrets, destination }: LoggerOptions): Logger => {
  const options = {
    level,
    base: { service },
    redact: ['req.headers.authorization', 'headers.authorization'],
    hooks: { streamWrite: lineScrubber(secrets) },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
