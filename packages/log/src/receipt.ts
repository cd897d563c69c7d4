import type { Rejection } from '@crawl-ledger/domain'

/**
 * What a handler answers.
 * - `recorded`: the events are in the log for good, at this position of the location's partition
 * - `duplicate`: this message was recorded before, at this position
 * - `unchanged`: it says nothing that was not known
 * - `rejected`: it is not a message that can be taken; nothing was written
 * - `spooled`: the store is away; the message is on this machine's disk and is recorded when the store is back
 * - `unavailable`: the store is away and nothing was kept: send it again. With a spool `reason` says why that did not help
 */
export type Receipt = Told &
  (
    | { readonly outcome: 'recorded' | 'duplicate'; readonly position: number }
    | { readonly outcome: 'unchanged' }
    | { readonly outcome: 'rejected'; readonly rejection: Rejection }
    | { readonly outcome: 'spooled' }
    | { readonly outcome: 'unavailable'; readonly reason?: 'spool-full' | 'spool-failed' }
  )

interface Told {
  /** The item that the message is about: services go on with this id. */
  readonly itemId?: string
  /** What was odd about the message, in sentences; absent where nothing was. */
  readonly notes?: readonly string[]
}
