import { hostname } from 'node:os'
import { crawl } from '@crawl-ledger/domain'
import {
  cancelRebuild,
  projectionStatus,
  type RebuildProgress,
  rebuild as rebuildViews,
} from '@crawl-ledger/projector'
import { Presets, SingleBar } from 'cli-progress'
import { count, type Output, outputOf } from '../output.js'
import { type Common, withStore } from '../store.js'
import { UsageError } from '../usage.js'

export interface RebuildCommand extends Common {
  readonly projection: string
  readonly dryRun?: boolean
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
  if (output.json) return { show: () => {}, stop: () => {} }
  if (!process.stderr.isTTY) {
    let last = Number.NEGATIVE_INFINITY
    const show = (progress: RebuildProgress): void => {
      if (performance.now() - last < plainEveryMs) return
      last = performance.now()
      output.say(
        `${progress.state}: ${count(progress.commits)} of ${count(progress.of)} commits, ${rate(progress)}, ${left(progress)}`,
      )
    }
    return { show, stop: () => {} }
  }
  const bar = new SingleBar(
    { format: '{state} {bar} {value}/{total} commits  {rate}  {left}', stream: process.stderr },
    Presets.shades_classic,
  )
  bar.start(0, 0, { state: 'building', rate: '', left: '' })
  const show = (progress: RebuildProgress): void => {
    bar.setTotal(progress.of)
    bar.update(progress.commits, { state: progress.state, rate: rate(progress), left: left(progress) })
  }
  return { show, stop: () => bar.stop() }
}

const known = (projection: string): void => {
  if (projection !== crawl.name)
    throw new UsageError(`There is no projection "${projection}". There is: ${crawl.name}.`)
}

const dryRun = async (command: RebuildCommand, output: Output): Promise<number> =>
  withStore(command, async ({ store, name }) => {
    const { build, next, partitions } = await projectionStatus(store, crawl)
    const commits = partitions.reduce((sum, { tail }) => sum + tail, 0)
    const into = next?.build ?? build + 1
    output.object({ dryRun: true, build, into, commits, resumes: next !== undefined })
    output.say(
      `${name}: a rebuild would ${next === undefined ? 'fold' : 'go on with folding'} ${count(commits)} commits into ` +
        `build ${into}, beside build ${build} that is read, and then put it in its place. Nothing was written.`,
    )
    return 0
  })

export const rebuild = async (command: RebuildCommand): Promise<number> => {
  known(command.projection)
  const output = outputOf(command.json === true)
  if (command.dryRun === true) return dryRun(command, output)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  return withStore(command, async ({ store, name }) => {
    const progress = progressOf(output)
    try {
      const done = await rebuildViews(store, crawl, {
        owner: `${hostname()}:${process.pid}`,
        signal: stop.signal,
        onProgress: progress.show,
        onTrouble: error => process.stderr.write(`${error.message} The rebuild goes on when it does.\n`),
        ...(command.memory === undefined ? {} : { memoryMb: command.memory }),
        ...(command.throttle === undefined ? {} : { eventsPerSecond: command.throttle }),
      })
      progress.stop()
      output.object(done)
      output.say(
        `${name}: build ${done.build} is read now: ${count(done.documents)} documents of ${count(done.events)} events in ` +
          `${done.seconds.toFixed(1)} s${done.resumed ? ', going on with what was begun before' : ''}.`,
      )
      if (done.held > 0) output.say(`${done.held} are held back: crawl-replay quarantine list`)
      return done.held > 0 ? 1 : 0
    } finally {
      progress.stop()
    }
  })
}

export const cancel = async (command: Common): Promise<number> => {
  const output = outputOf(command.json === true)
  const cancelled = await withStore(command, ({ store }) => cancelRebuild(store, crawl))
  output.object({ cancelled })
  output.say(
    cancelled
      ? 'The rebuild is ended, and nothing of it is left. A worker with REBUILD=auto begins it again.'
      : 'There was no rebuild to be ended.',
  )
  return 0
}
