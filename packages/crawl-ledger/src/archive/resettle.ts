import { locationOf } from '@crawl-ledger/domain'
import { type Commit, isVoid, partitionOf, type Seal } from '@crawl-ledger/log'

/**
 * Gives commits the places they have in a log with another number of partitions, and seals them anew: a commit's place
 * is part of what its hash is over. Voids are left out, for they only held a place. Everything else stays, so that
 * each location's history is what it was. One archive always becomes the same log.
 */
export class Resettling {
  readonly counts = new Map<number, number>()
  /** The hashes of the streams of one partition of the archive: none of them goes on in another. */
  private hashes = new Map<string, string>()
  private from = -1

  constructor(
    private readonly partitions: number,
    private readonly seal: Seal,
  ) {}

  take(commit: Commit): Commit | undefined {
    if (isVoid(commit)) return undefined
    if (commit.partition !== this.from) {
      this.from = commit.partition
      this.hashes = new Map()
    }
    const { stream, version, messages, events, server, at } = commit
    const partition = partitionOf(locationOf(stream), this.partitions)
    const position = (this.counts.get(partition) ?? 0) + 1
    this.counts.set(partition, position)
    const prev = this.hashes.get(stream) ?? ''
    const draft = { partition, stream, version, messages, events, server, prev, after: 0, notBefore: at }
    const { commit: settled } = this.seal(draft, position, at)
    this.hashes.set(stream, settled.hash)
    return settled
  }
}
