import { hostname } from 'node:os'
import { crawl } from '@crawl-ledger/domain'
import {
  cancelRebuild,
  checkNotNewer,
  projectionStatus,
  type RebuildProgress,
  rebuild as rebuildViews,
} from '@crawl-ledger/projector'
import { untilInterrupted } from '../interruption.js'
import { count, counted, type Output, outputOf } from '../output.js'
import { progressBar } from '../progress-bar.js'
import { type Common, withStore, withStoreToWrite } from '../store.js'
import { UsageError } from '../usage.js'

export interface RebuildCommand extends Common {
  readonly projection: string
  readonly dryRun?: boolean
  readonly downgrade?: boolean
  readonly throttle?: number
  readonly memory?: number
}

const plainEveryMs = 2000

const rate = ({ eventsPerSecond }: RebuildProgress): string =>
  `${count(Math.round(eventsPerSecond))} events/s`
const left = ({ events, secondsLeft }: RebuildProgress): string =>
  events === 0 ? 'time left unknown' : `${Math.ceil(secondsLeft)} s left`

/** A bar on a terminal, plain lines elsewhere, nothing with `--json`. */
const progressOf = (output: Output) => {
  const bar = progressBar(output.json, '{state} {bar} {value}/{total} commits  {rate}  {left}')
  let last = Number.NEGATIVE_INFINITY
  const show = (progress: RebuildProgress): void => {
    const { state, commits, of } = progress
    if (bar !== undefined) bar.show(commits, of, { state, rate: rate(progress), left: left(progress) })
    else if (performance.now() - last >= plainEveryMs) {
      last = performance.now()
      output.say(`${state}: ${count(commits)} of ${count(of)} commits, ${rate(progress)}, ${left(progress)}`)
    }
  }
  return { show, stop: () => bar?.stop() }
}

const known = (projection: string): void => {
  if (projection !== crawl.name)
    throw new UsageError(`There is no projection "${projection}". There is: ${crawl.name}.`)
}

const dryRun = async (command: RebuildCommand, output: Output): Promise<number> =>
  withStore(command, async ({ store, name }) => {
    const found = await projectionStatus(store, crawl)
    checkNotNewer(crawl, found, command.downgrade)
    const { build, next, partitions } = found
    const commits = partitions.reduce((sum, { tail }) => sum + tail, 0)
    const into = next?.build ?? build + 1
    const left = Math.max(0, commits - (next?.folded ?? 0))
    output.object({ dryRun: true, build, into, commits, left, resumes: next !== undefined })
    if (next?.state === 'swapping')
      output.say(
        `${name}: build ${into} is complete; a rebuild would only put it in its place. Nothing was written.`,
      )
    else
      output.say(
        `${name}: a rebuild would ${next === undefined ? 'fold' : `go on and fold ${count(left)} of`} ` +
          `${counted(commits, 'commit')} into build ${into}, beside build ${build} that is read, and then put it in its place. Nothing was written.`,
      )
    return 0
  })

export const rebuild = async (command: RebuildCommand): Promise<number> => {
  known(command.projection)
  const output = outputOf(command.json === true)
  if (command.dryRun === true) return dryRun(command, output)
  return untilInterrupted(signal =>
    withStoreToWrite(command, async ({ store, name }) => {
      const progress = progressOf(output)
      try {
        const done = await rebuildViews(store, crawl, {
          owner: `${hostname()}:${process.pid}`,
          signal,
          downgrade: command.downgrade === true,
          onProgress: progress.show,
          onTrouble: error => process.stderr.write(`${error.message} The rebuild goes on when it does.\n`),
          ...(command.memory === undefined ? {} : { memoryMb: command.memory }),
          ...(command.throttle === undefined ? {} : { eventsPerSecond: command.throttle }),
        })
        progress.stop()
        output.object(done)
        output.say(
          `${name}: build ${done.build} is read now: ${counted(done.documents, 'document')} of ${counted(done.events, 'event')} in ` +
            `${done.seconds.toFixed(1)} s${done.resumed ? ', going on with what was begun before' : ''}.`,
        )
        if (done.held > 0) output.say(`${done.held} are held back: crawl-replay quarantine list`)
        return done.held > 0 ? 1 : 0
      } finally {
        progress.stop()
      }
    }),
  )
}

export const cancel = async (command: Common): Promise<number> => {
  const output = outputOf(command.json === true)
  const cancelled = await withStoreToWrite(command, ({ store }) => cancelRebuild(store, crawl))
  output.object({ cancelled })
  output.say(
    cancelled
      ? 'The rebuild is ended, and nothing of it is left. A worker with REBUILD=auto begins it again.'
      : 'There was no rebuild to be ended.',
  )
  return 0
}
