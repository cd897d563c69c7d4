import type { Rejection } from '@crawl-ledger/domain'
import type { Settled, SpooledMessage } from './spool-file.js'

/** What became of a message that was given to the writer from the file. */
export type Drained =
  | { readonly tag: 'done' }
  | { readonly tag: 'refused'; readonly rejection: Rejection }
  | { readonly tag: 'stays'; readonly error?: unknown }

/** What became of a batch. */
export interface Outcome {
  readonly settled: Settled
  /** Those that need not be in the file any more, in their order. */
  readonly gone: readonly SpooledMessage[]
  /** The first error of those that stay. */
  readonly failure: unknown
}

/** @param at when it is found out, ISO */
export const outcomeOf = (
  batch: readonly SpooledMessage[],
  drained: readonly Drained[],
  at: string,
): Outcome => {
  const done: number[] = []
  const refused: Settled['refused'][number][] = []
  const gone: SpooledMessage[] = []
  let failure: unknown
  drained.forEach((one, i) => {
    const message = batch[i] as SpooledMessage
    if (one.tag === 'done') done.push(message.seq)
    else if (one.tag === 'refused') refused.push({ seq: message.seq, at, rejection: one.rejection })
    else failure ??= one.error
    if (one.tag !== 'stays') gone.push(message)
  })
  return { settled: { done, refused }, gone, failure }
}
