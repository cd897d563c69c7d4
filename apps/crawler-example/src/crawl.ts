import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Ledger, type Logger, openLedger, readSettings, type WorkflowDocument } from 'crawl-ledger'
import { type Batch, search } from './batch.js'
import { type Pace, startCrawler, usualPace } from './crawler.js'
import { type Limits, usualLimits } from './limits.js'
import { newBatch } from './new-batch.js'
import type { CrawlOptions } from './options.js'
import { clean, type Output } from './output.js'
import { startProgress } from './progress.js'
import { type Result, readResult, resultJson, resultText } from './result.js'
import { kept } from './store-away.js'
import { batchOf, storeOf } from './where.js'

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  readonly output: Output
  /** Ctrl-C: finish what is in hand. */
  readonly signal: AbortSignal
  readonly limits?: Limits
  readonly pace?: Pace
  /** Opens the store. */
  readonly open?: typeof openLedger
}

const lookEveryMs = 50
const interruptedCode = 130

const toldToStop = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort')
}

/** The crawl of one batch, until it is over or Ctrl-C is pressed. */
const untilOver = async (
  ledger: Ledger,
  batch: Batch,
  known: WorkflowDocument | undefined,
  { output, signal, limits = usualLimits, pace = usualPace }: Surroundings,
): Promise<Result | undefined> => {
  const progress = startProgress(output.progressOn)
  const warn = (_: object, text: string): void => progress.aside(() => output.warn(text))
  const logger: Logger = { info: () => {}, warn, error: warn }
  const crawler = startCrawler({ ledger, logger, limits, ...pace })
  let isLooking = true
  const { untilThere } = crawler
  const message = newBatch(batch, known)
  const look = async (): Promise<Result | undefined> => {
    const begin = async () => crawler.take(message, { id: batch.batchId, spool: false })
    await untilThere(async () => kept(await begin(), ledger.store))
    await untilThere(() => ledger.caughtUp())
    while (isLooking) {
      const workflow = await untilThere(() => ledger.workflows.get(batch))
      if (workflow !== undefined) {
        progress.show(workflow)
        if (workflow.status !== 'active') {
          // The view of an item may come a moment after that of its workflow.
          await untilThere(() => ledger.caughtUp())
          return untilThere(() => readResult(ledger, workflow))
        }
      }
      await sleep(lookEveryMs)
    }
    return undefined
  }
  try {
    return await Promise.race([
      look(),
      ...[crawler.ended, toldToStop(signal)].map(end => end.then(() => undefined)),
    ])
  } finally {
    isLooking = false
    progress.stop()
    if (signal.aborted) output.warn('Finishing what is in hand. Once more Ctrl-C ends at once.')
    await crawler.stop()
  }
}

/** What is said before it begins. */
const beginning = (output: Output, batch: Batch, known: WorkflowDocument | undefined): void => {
  const what = clean(batch.queries.join())
  if (known === undefined) output.say(`Crawls ${what}`)
  else if (known.status === 'completed')
    output.say(`${what} was crawled before, until ${known.completedAt}. To crawl it anew: --batch NAME`)
  else
    output.say(
      `Goes on with ${what}, ${known.progress}% done. What a killed run had in hand is free after ${usualPace.claimMs / 1000} seconds.`,
    )
}

/** How to go on; a ledger in memory is gone with this process. */
const further = ({ store }: Ledger, batch: Batch): readonly string[] =>
  store === 'memory:'
    ? []
    : [
        '',
        'Look further:',
        `  npx -y pnpm@12 replay history '${batch.locationId}' '${batch.batchId}' --store '${store}'`,
        `  npx -y pnpm@12 replay state '${batch.locationId}' '${batch.batchId}' --store '${store}'`,
      ]

/** Crawls a folder or a site without a broker, and answers with the exit code. */
export const crawl = async (options: CrawlOptions, surroundings: Surroundings): Promise<number> => {
  const { env, output, signal, open = openLedger } = surroundings
  const batch = await batchOf(options)
  const settings = readSettings(env, { STORE: storeOf(options, env, batch) })
  const ledger = await open({ ...settings, project: true })
  try {
    await ledger.caughtUp()
    const known = await ledger.workflows.get(batch)
    if (!options.json) beginning(output, batch, known)
    // It failed because nothing could be read: perhaps it can today.
    if (known?.status === 'failed') {
      await ledger.recovery.retryFailedStages(known, { stages: [search] })
      await ledger.caughtUp()
    }
    const result =
      known?.status === 'completed'
        ? await readResult(ledger, known)
        : await untilOver(ledger, batch, known, surroundings)
    if (result === undefined || signal.aborted) {
      output.warn('Stopped. Run the same command again to go on.')
      return interruptedCode
    }
    const { workflow } = result
    if (options.json) output.say(resultJson(result))
    else if (workflow.status === 'completed')
      for (const line of [...resultText(result), ...further(ledger, batch)]) output.say(line)
    if (workflow.status === 'completed') return 0
    output.warn(
      `${clean(workflow.failure?.error ?? 'The crawl failed')}. Run the same command again to try again.`,
    )
    return 1
  } finally {
    await ledger.close()
  }
}
