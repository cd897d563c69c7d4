import { decodeMessage, isCommand, type Rejection } from '@crawl-ledger/domain'
import type { Incoming, Receipt } from '@crawl-ledger/log'
import * as E from 'fp-ts/lib/Either.js'
import type { SpooledMessage } from './spool-file.js'

/** A message that was handed in and has no receipt yet. */
export interface Arrival {
  /** The order in which messages were handed in. */
  readonly seq: number
  readonly incoming: Incoming
  /** Whether it may wait in the spool. */
  readonly spool: boolean
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (error: unknown) => void
}

export const locationIn = ({ incoming }: Pick<Arrival, 'incoming'>): string =>
  incoming.envelope.body.locationId

export const inOrder = (a: Pick<Arrival, 'seq'>, b: Pick<Arrival, 'seq'>): number => a.seq - b.seq

/** A message as it was told; a command never waits. */
const saidIn = (body: Incoming['envelope']['body']): object => {
  if (isCommand(body)) return body
  const { type, context, payload } = body
  return { type, context, ...(payload === undefined ? {} : { payload }) }
}

/** A message as it is kept: what it takes to decode it again. */
export const kept = ({ seq, incoming: { envelope, ...context } }: Arrival): SpooledMessage => ({
  seq,
  locationId: envelope.body.locationId,
  receivedAt: envelope.receivedAt,
  message: JSON.stringify({ id: envelope.id, ...saidIn(envelope.body) }),
  context: JSON.stringify(context),
})

/** The message that was kept; a rejection where this program does not take what the one that kept it did. */
export const unkept = ({ message, context, receivedAt }: SpooledMessage): E.Either<Rejection, Incoming> => {
  const envelope = decodeMessage(JSON.parse(message), receivedAt)
  if (E.isLeft(envelope)) return envelope
  const { notes: _, ...rest } = envelope.right
  return E.right({ ...JSON.parse(context), envelope: rest })
}

/** Counts by lane. A lane without any is forgotten. */
export class Lanes {
  private readonly counts = new Map<number, number>()

  add(lane: number, count: number): void {
    const sum = (this.counts.get(lane) ?? 0) + count
    if (sum === 0) this.counts.delete(lane)
    else this.counts.set(lane, sum)
  }

  has(lane: number): boolean {
    return this.counts.has(lane)
  }

  keys(): Iterable<number> {
    return this.counts.keys()
  }

  clear(): void {
    this.counts.clear()
  }
}
