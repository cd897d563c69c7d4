import { streamOf } from '@crawl-ledger/domain'
import type { Incoming, Receipt, Writer } from '@crawl-ledger/log'
import type { StoreWatch } from './away/store-watch.js'

export interface IntakeOptions {
  /** Whether the message may wait in the spool. Where it may not and would have to, it is `unavailable`. */
  readonly spool: boolean
}

/** What a decoded message is given to. */
export type Intake = (incoming: Incoming, options: IntakeOptions) => Promise<Receipt>

/** Gives a message to the writer. */
export const written = (writer: Writer, incoming: Incoming): Promise<Receipt> =>
  writer.write(streamOf(incoming.envelope.body), incoming)

/** Without a spool: a store that is known to be away is not waited for. */
export const directIntake =
  (writer: Writer, watch: StoreWatch): Intake =>
  incoming =>
    watch.isAway ? Promise.resolve({ outcome: 'unavailable' }) : written(writer, incoming)
