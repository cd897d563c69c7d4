import { locationOf } from '@crawl-ledger/domain'
import type { Checkpoint, CommitUnreadable, Found, Positions } from '@crawl-ledger/log'
import { beginning, changed, heldOf } from './checkpoints.js'
import type { FoldFailure } from './fold.js'

export const isBehind = (stop: FoldFailure, { partition, position }: Found): boolean =>
  partition === stop.partition && position >= stop.position

/** It is not known which documents the commit belongs to, so its location stands for all of them. */
export const failureOf = (error: CommitUnreadable): FoldFailure => {
  const { partition, position, stream } = error
  const id = stream === undefined ? '' : locationOf(stream)
  return { partition, position, view: 'locations', id, error, attempts: 1 }
}

/** The checkpoints of partitions that stop, each at the first commit that could not be folded. */
export const stoppedAt = (
  checkpoints: ReadonlyMap<number, Checkpoint>,
  stops: readonly FoldFailure[],
): readonly Checkpoint[] => {
  const first = new Map<number, FoldFailure>()
  for (const stop of stops)
    if ((first.get(stop.partition)?.position ?? Number.POSITIVE_INFINITY) > stop.position)
      first.set(stop.partition, stop)
  return [...first.values()].map(stop =>
    changed(checkpoints.get(stop.partition) ?? beginning(stop.partition), { stopped: heldOf(stop) }),
  )
}

/** From where those partitions are read on that have not stopped. */
export const positionsOf = (checkpoints: ReadonlyMap<number, Checkpoint>): Positions =>
  new Map(
    [...checkpoints].flatMap(([partition, { position, stopped }]) =>
      stopped === undefined ? [[partition, position]] : [],
    ),
  )
