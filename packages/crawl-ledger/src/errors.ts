/** A setting that cannot be used. `message` is one sentence that names it and what is allowed. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly code = 'configuration'

  constructor(
    readonly setting: string,
    expected: string,
  ) {
    super(`${setting}: ${expected}`)
  }
}

/** The views did not reach the log's end in time. */
export class NotCaughtUp extends Error {
  override readonly name = 'NotCaughtUp'
  readonly code = 'not-caught-up'

  constructor(
    readonly behind: number,
    timeoutMs: number,
  ) {
    super(
      `The views are still ${behind} commits behind after ${timeoutMs} ms. ` +
        'Check that a projector runs (openLedger with project: true, or the worker), or wait longer.',
    )
  }
}
