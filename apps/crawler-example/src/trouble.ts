/** What goes wrong with what is crawled. `message` is a sentence for a person, and the same for the same cause. */
export class Trouble extends Error {
  override readonly name = 'Trouble'

  /** @param code `timeout`, `no-answer`, `http-404`, `too-large`, `ENOENT` … */
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** Whether it may go well another time. */
export const mayPass = (code: string | undefined): boolean =>
  /^(timeout|no-answer|http-(408|429|5\d\d))$/.test(code ?? '')

export const isWorthRetrying = (code: string, attempt: number, attempts: number): boolean =>
  attempt < attempts && mayPass(code)

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

const ofFile: { readonly [code: string]: string } = {
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  ENOENT: 'does not exist',
  ENOTDIR: 'is not a folder',
}

export const fileTrouble = (path: string, error: unknown): Trouble => {
  if (error instanceof Trouble) return error
  const code = codeOf(error) ?? 'unreadable'
  return new Trouble(code, `${path} ${ofFile[code] ?? `cannot be read (${code})`}`, { cause: error })
}

/** What fetch throws; the cause of a failed connection is inside. */
export const webTrouble = (url: string, error: unknown): Trouble => {
  if (error instanceof Trouble) return error
  if (error instanceof Error && error.name === 'TimeoutError')
    return new Trouble('timeout', `${url} took too long`, { cause: error })
  const why = error instanceof Error ? codeOf(error.cause) : undefined
  const reason = why === undefined ? '' : ` (${why})`
  return new Trouble('no-answer', `${new URL(url).origin} does not answer${reason}`, { cause: error })
}
