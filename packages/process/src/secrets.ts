const hidden = '[hidden]'

// A URL that carries a user, a password or options. Paths of source files in a stack are left alone.
const url = /\b(?!file:|node:)([a-z][a-z0-9+.-]*):\/\/[^\s"]*[@?][^\s"]*/gi
const pair = /\b(SharedAccessKey(?:Name)?|AccountKey|password|passwd|pwd|secret|token)(\s*=\s*)[^\s;&"]+/gi
const bearer = /\bBearer +\S+/gi
const secretKey = /authorization|cookie|password|secret|token|auditkey|accesskey|connectionstring/i

/** Hides connection strings, bearer tokens and these secrets in a text. */
export const scrubber = (secrets: readonly string[] = []): ((text: string) => string) => {
  const known = secrets.filter(secret => secret !== '')
  return text => {
    const plain = known.reduce((rest, secret) => rest.replaceAll(secret, hidden), text)
    return plain
      .replace(url, `$1://${hidden}`)
      .replace(bearer, `Bearer ${hidden}`)
      .replace(pair, `$1$2${hidden}`)
  }
}

/** The same for a line of JSON: hides secrets in every text and behind every key that names one. */
export const lineScrubber = (secrets: readonly string[] = []): ((line: string) => string) => {
  const scrub = scrubber(secrets)
  const clean = (key: string, value: unknown): unknown => {
    if (secretKey.test(key)) return hidden
    return typeof value === 'string' ? scrub(value) : value
  }
  return line => `${JSON.stringify(JSON.parse(line), clean)}\n`
}

/** An error as a log may keep it: no fields but these, since a driver hangs its options on its errors. */
export interface LoggedError {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: LoggedError
}

const maxCauses = 5

/** Takes from an error, and from its causes, what helps and is no secret. */
export const loggedError = (error: unknown, scrub: (text: string) => string, depth = 0): LoggedError => {
  if (!(error instanceof Error))
    return { type: typeof error, message: 'Something that is no Error was thrown.' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    type: error.name,
    message: scrub(error.message),
    ...(code === undefined ? {} : { code: scrub(code) }),
    ...(error.stack === undefined ? {} : { stack: scrub(error.stack) }),
    ...(error.cause === undefined || depth >= maxCauses
      ? {}
      : { cause: loggedError(error.cause, scrub, depth + 1) }),
  }
}
