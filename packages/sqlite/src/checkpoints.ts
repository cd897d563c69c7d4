import type { Checkpoint } from '@crawl-ledger/log'
import type { Connection } from './connection.js'

/** What could not be folded is kept as one text: nobody searches for it. */
type Trouble = Pick<Checkpoint, 'held' | 'discarded' | 'stopped'>

interface Row extends Omit<Checkpoint, keyof Trouble> {
  readonly trouble: string
}

const checkpointOf = ({ trouble, ...row }: Row): Checkpoint => ({
  ...row,
  ...(JSON.parse(trouble) as Trouble),
})

const troubleOf = ({ held, discarded, stopped }: Checkpoint): string =>
  JSON.stringify({ held, discarded, stopped } satisfies { [K in keyof Trouble]: unknown })

/** Checkpoints of all projections and builds. To be called within a transaction. */
export interface Checkpoints {
  of(projection: string): readonly Checkpoint[]
  /** `false`: the one before it is not there. */
  move(projection: string, to: Checkpoint): boolean
}

export const sqliteCheckpoints = ({ db }: Connection): Checkpoints => {
  const get = db.prepare(
    'SELECT partition, position, hash, digest, revision, trouble FROM checkpoints WHERE projection = ? ORDER BY partition',
  )
  const insert = db.prepare(
    'INSERT OR IGNORE INTO checkpoints (position, hash, digest, revision, trouble, projection, partition) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const replace = db.prepare(
    'UPDATE checkpoints SET position = ?, hash = ?, digest = ?, revision = ?, trouble = ? WHERE projection = ? AND partition = ? AND revision = ?',
  )
  return {
    of: projection => get.all(projection).map(row => checkpointOf(row as Row)),
    move: (projection, to) => {
      const { partition, position, hash, digest, revision } = to
      const values = [position, hash, digest, revision, troubleOf(to), projection, partition]
      const { changes } = revision === 1 ? insert.run(...values) : replace.run(...values, revision - 1)
      return changes > 0
    },
  }
}
