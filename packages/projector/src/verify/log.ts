import type { Projection } from '@crawl-ledger/domain'
import type { Found, Positions, Store } from '@crawl-ledger/log'
import { buildName, buildOf } from '../build.js'
import { readCheckpoints } from '../checkpoints.js'
import type { LogFinding, LogSummary, Verification } from './finding.js'
import { type Kept, LogCheck } from './log-check.js'
import { places } from './places.js'

export interface Progress {
  readonly done: number
  readonly total: number
}

export interface VerifyLogOptions {
  readonly projection: Projection
  readonly auditKey?: string | undefined
  /** How long a hole may be one that a writer still fills. */
  readonly graceMs?: number
  readonly onProgress?: (progress: Progress) => void
}

/** The checkpoints of the build that is read, and of the next one. */
const keptBy = async ({ builds, views, log }: Store, projection: Projection): Promise<readonly Kept[]> => {
  const record = await builds.record(projection.name)
  const numbers = [record?.build ?? 1, ...(record?.next === undefined ? [] : [record.next.build])]
  const all = await Promise.all(
    numbers.map(async number => {
      const build = buildOf(projection, number)
      const checkpoints = await readCheckpoints(views, build, log.partitions)
      return [...checkpoints.values()].map(checkpoint => ({ build: buildName(build), checkpoint }))
    }),
  )
  return all.flat().filter(({ checkpoint }) => checkpoint.position > 0)
}

const whatIsNotKnown = (kept: readonly Kept[], auditKey: string | undefined): readonly string[] => [
  ...(auditKey === undefined
    ? [
        'No AUDIT_KEY: who changed commits above the checkpoints and computed all later hashes anew is not found, ' +
          'nor who did so below and wrote the checkpoints anew too.',
      ]
    : []),
  kept.length === 0
    ? 'There is no checkpoint: whether commits were cut off at the end of the log is not known.'
    : 'Whether commits behind the last checkpoint of a partition were cut off is not known.',
]

/**
 * Checks a log up to where it ends now: hashes, chains, positions, voids, and the digests that the views' checkpoints
 * keep. In memory are a batch of commits and, of one partition at a time, the ends of its streams and its message ids.
 */
export const verifyLog = (
  store: Store,
  { projection, auditKey, graceMs = 3000, onProgress }: VerifyLogOptions,
): Verification<LogFinding, LogSummary> => {
  const { log } = store
  const sums = { commits: 0, events: 0, voids: 0, findings: 0 }
  const without: string[] = []

  async function* partitionFindings(
    partition: number,
    all: readonly Kept[],
    tails: Positions,
    until: number,
  ) {
    const kept = all.filter(({ checkpoint }) => checkpoint.partition === partition)
    const check = new LogCheck(partition, log.partitions, kept, auditKey)
    for await (const batch of settled(store, partition, tails.get(partition) ?? 0, until)) {
      for (const place of batch) yield* check.take(place)
      done += batch.length
      onProgress?.({ done, total })
    }
    yield* check.end()
    sums.commits += check.commits
    sums.events += check.events
    sums.voids += check.voids
    if (check.unknown !== undefined)
      without.push(
        `Partition ${partition}: because of what was found at position ${check.unknown.from} it is not known ` +
          `whether anything else up to position ${check.unknown.to} was changed together with its hashes.`,
      )
  }

  let done = 0
  let total = 0
  async function* findings() {
    // Before the ends are looked up: what was folded must be in the log then.
    const kept = await keptBy(store, projection)
    const tails = await log.tails()
    without.push(...whatIsNotKnown(kept, auditKey))
    total = [...tails.values()].reduce((sum, tail) => sum + tail, 0)
    const until = performance.now() + graceMs
    for (let partition = 0; partition < log.partitions; partition += 1)
      for await (const finding of partitionFindings(partition, kept, tails, until)) {
        sums.findings += 1
        yield finding
      }
  }

  return { findings: findings(), summary: () => ({ partitions: log.partitions, ...sums, without }) }
}

/** The places of a partition. At a hole it waits until whoever may be filling it has done so, and reads again. */
async function* settled({ log }: Store, partition: number, end: number, until: number) {
  let last = 0
  for (let again = true; again; ) {
    again = false
    for await (const batch of places(log, partition, last, end)) {
      const wait = until - performance.now()
      const hole = wait <= 0 ? -1 : batch.findIndex(({ position }, i) => position !== last + 1 + i)
      const whole: readonly Found[] = hole < 0 ? batch : batch.slice(0, hole)
      last = whole.at(-1)?.position ?? last
      if (whole.length > 0) yield whole
      if (hole < 0) continue
      await new Promise(resolve => setTimeout(resolve, wait))
      again = true
      break
    }
  }
}
