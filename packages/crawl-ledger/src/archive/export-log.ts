import { createHash } from 'node:crypto'
import { crawl } from '@crawl-ledger/domain'
import { type Commit, isIntact, isUnreadable, type Store } from '@crawl-ledger/log'
import { verifyLog } from '@crawl-ledger/projector'
import { archiveFormat, LogUnsound, lineOf } from './format.js'

export interface ExportOptions {
  readonly auditKey?: string
  /** How long a hole may be one that a writer still fills, in milliseconds. Default 3,000. */
  readonly graceMs?: number
  readonly onProgress?: (state: 'checking' | 'writing', done: number, total: number) => void
}

const readAtOnce = 1000

/** The commits of a partition up to a position, which were found sound before. */
async function* commitsOf({ log }: Store, partition: number, end: number, auditKey?: string) {
  for (let position = 0; position < end; ) {
    const batch = await log.read(new Map([[partition, position]]), readAtOnce)
    const run: Commit[] = []
    for (const commit of batch) {
      if (position === end) break
      position += 1
      if (isUnreadable(commit) || commit.position !== position || !isIntact(commit, auditKey))
        throw new LogUnsound(`Partition ${partition} was changed at position ${position} while it was read.`)
      run.push(commit)
    }
    if (run.length === 0)
      throw new LogUnsound(`Partition ${partition} was cut off at position ${position} while it was read.`)
    yield run
  }
}

/**
 * The lines of an archive of a log, up to where the log ended when this began. The log is checked before the first
 * line, so that no archive is made that no ledger takes.
 *
 * @throws LogUnsound when the log is not sound, and a `StoreError`
 */
export async function* exportLog(store: Store, options: ExportOptions = {}): AsyncGenerator<string> {
  const { auditKey, graceMs, onProgress } = options
  const tails = await store.log.tails()
  const check = verifyLog(store, {
    projection: crawl,
    auditKey,
    ...(graceMs === undefined ? {} : { graceMs }),
    onProgress: ({ done, total }) => onProgress?.('checking', done, total),
  })
  for await (const { message } of check.findings) throw new LogUnsound(message)
  const total = [...tails.values()].reduce((sum, tail) => sum + tail, 0)
  const { partitions } = store.log
  const digest = createHash('sha256')
  const header = lineOf({ archive: 'crawl-ledger', format: archiveFormat, partitions })
  digest.update(header)
  yield header
  let commits = 0
  for (let partition = 0; partition < partitions; partition += 1)
    for await (const run of commitsOf(store, partition, tails.get(partition) ?? 0, auditKey)) {
      const lines = run.map(lineOf).join('')
      digest.update(lines)
      commits += run.length
      onProgress?.('writing', commits, total)
      yield lines
    }
  yield lineOf({ commits, digest: digest.digest('hex') })
}
