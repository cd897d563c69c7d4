/** Every code that an answer may carry, with its HTTP status. `docs/analytics.md` explains each. */
export const statusOf = {
  'bad-request': 400,
  'location-missing': 400,
  'location-invalid': 400,
  unauthorized: 401,
  'location-unknown': 404,
  'route-unknown': 404,
  'method-not-allowed': 405,
  internal: 500,
  'store-unavailable': 503,
} as const

export type FailureCode = keyof typeof statusOf

/** Why a request gets no data. `message` is for the caller: it says what to do and holds no secret. */
export class Failure extends Error {
  override readonly name = 'Failure'

  constructor(
    readonly code: FailureCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }

  get status(): number {
    return statusOf[this.code]
  }
}

export interface FailureBody {
  readonly status: 'error'
  readonly error: { readonly code: FailureCode; readonly message: string }
}

/** The body of every answer that is not a success. */
export const failureBody = ({ code, message }: Pick<Failure, 'code' | 'message'>): FailureBody => ({
  status: 'error',
  error: { code, message },
})
