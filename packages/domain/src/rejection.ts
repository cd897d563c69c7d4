/**
 * Why a message is not accepted. The codes are part of the public face and are never reused:
 * - `invalid`: a field is missing or has a value that is not allowed; `path` names it
 * - `unknown-type`: no handler takes this `type`
 * - `too-large`: it does not fit into one document of a store (16 MiB)
 * - `id-reused`: a command has the id of another command
 * - `unstorable`: the store's driver cannot encode it
 * - `moved-on`: the workflow has changed since it was looked at
 * - `not-running`: the workflow is over, or was never heard of
 */
export type RejectionCode =
  | 'invalid'
  | 'unknown-type'
  | 'too-large'
  | 'id-reused'
  | 'unstorable'
  | 'moved-on'
  | 'not-running'

export interface Rejection {
  readonly code: RejectionCode
  /** A sentence for a person. */
  readonly message: string
  /** Where in the message, as in `context.batchId`. */
  readonly path?: string
}

export const rejection = (code: RejectionCode, message: string, path?: string): Rejection => ({
  code,
  message,
  ...(path === undefined ? {} : { path }),
})
