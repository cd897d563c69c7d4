import { createHash } from 'node:crypto'
import { isObject, type Json } from '@crawl-ledger/domain'
import { type Commit, foundAt } from '@crawl-ledger/log'
import { LogCheck } from '@crawl-ledger/projector'
import { type ArchiveHeader, ArchiveUnusable, archiveFormat, lineOf } from './format.js'

const lineFeed = 10

/** Lines of UTF-8, with their line feeds. (`node:readline` would also break a line where a text holds U+2028.) */
export async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer[] = []
  for await (const chunk of bytes) {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      yield Buffer.concat([...rest, chunk.subarray(start, end + 1)]).toString()
      rest = []
      start = end + 1
    }
    if (start < chunk.length) rest.push(chunk.subarray(start))
  }
  if (rest.length > 0) yield Buffer.concat(rest).toString()
}

const parsed = (line: string, number: number): Json => {
  try {
    return JSON.parse(line)
  } catch {
    throw new ArchiveUnusable(number, 'it is no JSON. The file was cut off or changed there.')
  }
}

const headerOf = (line: string): ArchiveHeader => {
  const found = parsed(line, 1)
  if (!isObject(found) || found.archive !== 'crawl-ledger')
    throw new ArchiveUnusable(1, 'the file is no archive of crawl-ledger.')
  const { format, partitions } = found
  if (typeof format !== 'number' || format > archiveFormat)
    throw new ArchiveUnusable(1, `the archive has format ${format}; use the crawl-ledger that wrote it.`)
  if (typeof partitions !== 'number' || !Number.isInteger(partitions) || partitions < 1)
    throw new ArchiveUnusable(1, `${JSON.stringify(partitions)} is no number of partitions.`)
  return { archive: 'crawl-ledger', format, partitions }
}

/** Takes the lines of an archive one after the other, and refuses the first that is not as it was exported. */
class ArchiveCheck {
  readonly counts = new Map<number, number>()
  commits = 0
  ended = false
  private readonly digest = createHash('sha256')
  private check: LogCheck | undefined
  private partition = -1

  constructor(
    private readonly header: ArchiveHeader,
    firstLine: string,
    private readonly auditKey: string | undefined,
  ) {
    this.digest.update(firstLine)
  }

  take(line: string, number: number): void {
    if (this.ended) throw new ArchiveUnusable(number, 'it stands behind the end of the archive.')
    const found = parsed(line, number)
    if (isObject(found) && 'digest' in found && !('stream' in found)) this.end(found, number)
    else this.takeCommit(line, found as unknown as Commit, number)
  }

  private takeCommit(line: string, commit: Commit, number: number): void {
    const { partition, position } = commit
    if (!Number.isInteger(partition) || partition >= this.header.partitions || partition < this.partition)
      throw new ArchiveUnusable(number, 'no commit of this partition can stand there.')
    if (partition > this.partition) {
      this.partition = partition
      // No checkpoints: an archive has none.
      this.check = new LogCheck(partition, this.header.partitions, [], this.auditKey)
    }
    const [finding] = this.check?.take(foundAt({ partition, position }, () => commit)) ?? []
    if (finding !== undefined) throw new ArchiveUnusable(number, finding.message)
    if (lineOf(commit) !== line)
      throw new ArchiveUnusable(number, 'it is not written as an export writes it.')
    this.counts.set(partition, position)
    this.commits += 1
    this.digest.update(line)
  }

  private end({ commits, digest }: { readonly [key: string]: Json }, number: number): void {
    if (commits !== this.commits)
      throw new ArchiveUnusable(number, `${commits} commits were exported, and ${this.commits} are there.`)
    if (digest !== this.digest.digest('hex'))
      throw new ArchiveUnusable(number, 'the lines before it are not those that were exported.')
    this.ended = true
  }
}

/** Errors of `node:zlib` have the names of its codes. */
const isUnpacking = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')

/** An archive that was found whole and sound. */
export interface CheckedArchive {
  readonly partitions: number
  readonly commits: number
  /** The last position of each of its partitions. */
  readonly counts: ReadonlyMap<number, number>
}

/**
 * Reads a whole archive and checks it like a log: hashes, chains, order, and that nothing is missing at its end.
 *
 * @throws ArchiveUnusable naming the first line that is wrong
 */
export const checkArchive = async (
  bytes: AsyncIterable<Buffer>,
  auditKey: string | undefined,
  onProgress?: (commits: number) => void,
): Promise<CheckedArchive> => {
  let number = 0
  let header: ArchiveHeader | undefined
  let check: ArchiveCheck | undefined
  try {
    for await (const line of linesOf(bytes)) {
      number += 1
      if (header === undefined || check === undefined) {
        header = headerOf(line)
        check = new ArchiveCheck(header, line, auditKey)
      } else check.take(line, number)
      onProgress?.(check.commits)
    }
  } catch (error) {
    if (isUnpacking(error))
      throw new ArchiveUnusable(number + 1, 'the compressed file was cut off or changed there.')
    throw error
  }
  if (header === undefined || check === undefined) throw new ArchiveUnusable(1, 'the file is empty.')
  if (!check.ended) throw new ArchiveUnusable(number, 'the archive ends there, before its last line.')
  return { partitions: header.partitions, commits: check.commits, counts: check.counts }
}

/** The commits of an archive that was checked. */
export async function* commitsIn(bytes: AsyncIterable<Buffer>): AsyncGenerator<Commit> {
  for await (const line of linesOf(bytes)) {
    const found = JSON.parse(line)
    if ('stream' in found) yield found
  }
}
