import { type Lease, type Leases, prefixEnd } from '@crawl-ledger/log'
import type { AnyBulkWriteOperation, Document } from 'mongodb'
import type { Connection, LeaseDocument } from './connection.js'
import { overtaken } from './views.js'

/** Both times are the server's: `at` by `$currentDate`, and the time of the question. */
const hasExpired = { $lte: [{ $add: ['$at', '$forMs'] }, '$$NOW'] }

/**
 * Renews or makes a lease, and takes one that has expired. MongoDB allows no `$expr` in an upsert, so these are two
 * steps; whichever the server does first, the other one then changes nothing that matters.
 */
const taking = (owner: string, _id: string, forMs: number): AnyBulkWriteOperation<LeaseDocument>[] => [
  // Where somebody else has it, this tries to insert, and finds the key taken.
  {
    updateOne: {
      filter: { _id, owner },
      update: { $set: { forMs }, $currentDate: { at: true } },
      upsert: true,
    },
  },
  {
    updateOne: {
      filter: { _id, $expr: hasExpired },
      update: { $set: { owner, forMs }, $currentDate: { at: true } },
    },
  },
]

/** Leases in MongoDB. */
export const mongoLeases = ({ leases, run }: Connection): Leases => {
  const take = async (owner: string, names: readonly string[], forMs: number): Promise<readonly string[]> => {
    if (names.length === 0) return []
    try {
      await leases.bulkWrite(
        names.flatMap(name => taking(owner, name, forMs)),
        { ordered: false },
      )
    } catch (error) {
      if (!overtaken(error)) throw error
    }
    const mine = await leases.find({ _id: { $in: [...names] }, owner }).toArray()
    const owned = new Set(mine.map(({ _id }) => _id))
    return names.filter(name => owned.has(name))
  }

  return {
    list: prefix =>
      run(async () => {
        const end = prefixEnd(prefix)
        const stages: Document[] = [
          { $match: { _id: { $gte: prefix, ...(end === undefined ? {} : { $lt: end }) } } },
          { $sort: { _id: 1 } },
          { $project: { owner: 1, expired: hasExpired } },
        ]
        const found = await leases
          .aggregate<{ _id: string; owner: string; expired: boolean }>(stages)
          .toArray()
        return found.map(({ _id, owner, expired }): Lease => ({ name: _id, owner, expired }))
      }),
    take: (owner, names, forMs) => run(() => take(owner, names, forMs)),
    release: (owner, names) =>
      run(async () => {
        if (names.length > 0) await leases.deleteMany({ _id: { $in: [...names] }, owner })
      }),
  }
}
