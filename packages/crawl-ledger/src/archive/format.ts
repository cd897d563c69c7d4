import { canonical, type Json } from '@crawl-ledger/domain'
import type { Commit } from '@crawl-ledger/log'

/** The first line of an archive. */
export interface ArchiveHeader {
  readonly archive: 'crawl-ledger'
  readonly format: number
  readonly partitions: number
}

/** The last line: what an archive that was cut off has not. */
export interface ArchiveFooter {
  readonly commits: number
  /** SHA-256 of all lines before, each with its line feed, in hexadecimal. */
  readonly digest: string
}

/**
 * The number of the form in which archives are written. 2: of a ledger of format 2. 0.1, which wrote 1, would lose
 * messages of it that share an id, so it must not take one; archives of 0.1 are read as ever.
 */
export const archiveFormat = 2

/** A line of an archive: canonical, so that one log has one archive, byte for byte. */
export const lineOf = (value: ArchiveHeader | ArchiveFooter | Commit): string =>
  `${canonical(value as unknown as Json)}\n`

const archiveError = (what: string): string =>
  `${what} Nothing is imported from it; take another copy, or export again.`

/** The file is no whole archive of a sound log. */
export class ArchiveUnusable extends Error {
  override readonly name = 'ArchiveUnusable'
  readonly code = 'archive-unusable'

  constructor(
    /** Of the file, from 1. */
    readonly line: number,
    what: string,
  ) {
    super(archiveError(`Line ${line} of the archive: ${what}`))
  }
}

/** The log is not sound, so no archive is made of it. */
export class LogUnsound extends Error {
  override readonly name = 'LogUnsound'
  readonly code = 'log-unsound'

  constructor(what: string) {
    super(`${what} A log that is not sound is not exported; see all that is found: crawl-replay verify`)
  }
}

/** The ledger that is imported into holds something else. */
export class OtherLog extends Error {
  override readonly name = 'OtherLog'
  readonly code = 'other-log'

  constructor(partition: number, held: number, archived: number) {
    super(
      `Partition ${partition} of the ledger holds ${held} commits and the archive gives it ${archived}. ` +
        'Import into an empty ledger, or into the one that was being imported into.',
    )
  }
}
