import { type Log, PlaceTaken, placeIn, type Seal } from '@crawl-ledger/log'
import { append, fillHoles, restore } from './append.js'
import type { Connection } from './connection.js'
import { FarSight } from './far-sight.js'
import { readAfter, readStreams } from './read.js'
import { Sequencer } from './sequencer.js'

/** A log in MongoDB: positions are handed out, storage is write-once, holes are filled. */
export const mongoLog = (connection: Connection, partitions: number, seal: Seal): Log => {
  const { events, run } = connection
  const sequencer = new Sequencer(connection)
  const farSight = new FarSight(connection)
  const all = Array.from({ length: partitions }, (_, partition) => partition)
  return {
    partitions,
    flights: 2,
    append: drafts => run(() => append(connection, sequencer, seal, drafts)),
    fill: holes =>
      run(async () => {
        await fillHoles(connection, seal, holes)
      }),
    restore: commits =>
      run(async () => {
        const taken = await restore(connection, sequencer, commits)
        if (taken !== undefined) throw new PlaceTaken(connection.name, taken.partition, taken.position)
      }),
    read: (after, limit) => run(() => readAfter(connection, farSight, after, limit)),
    readStreams: ends => run(() => readStreams(connection, ends)),
    findMessages: (partition, stream, ids) =>
      run(async () => {
        const found = await Promise.all(
          ids.map(id => events.findOne({ partition, stream, 'messages.id': id })),
        )
        return found.flatMap((commit, i) => {
          if (commit === null) return []
          // It was found by the id: whatever else of the commit is damaged, that is there.
          const message = [commit.messages].flat().find(({ id }) => id === ids[i])
          return message === undefined
            ? []
            : [{ id: message.id, digest: message.digest, position: placeIn(commit._id).position }]
        })
      }),
    now: () => run(() => sequencer.now()),
    tails: () => run(() => sequencer.tails(all)),
  }
}
