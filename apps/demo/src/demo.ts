import { type Handle, type Ledger, openLedger, readSettings } from 'crawl-ledger'
import { serveAnalytics } from './analytics.js'
import { type MessagesFile, openMessages } from './messages-file.js'
import type { Options } from './options.js'
import type { Output } from './output.js'
import { plural } from './report.js'
import { aborted, type Ran, run } from './run.js'
import * as tell from './tell.js'
import { byLocation, readItems, readLocations, totalsOf } from './totals.js'
import type { Via } from './via-service-bus.js'
import { sample, storeOf } from './where.js'

const interruptedCode = 130

const atOnce = 512
/** All of the sample at once would be a commit for each workflow, and a history without a course. */
const atOnceOfSample = 16

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  readonly output: Output
  /** Ctrl-C: finish what is under way. */
  readonly signal: AbortSignal
}

interface Parts extends Surroundings {
  readonly options: Options
  readonly ledger: Ledger
  readonly handle: Handle
  readonly whenAway?: (listener: () => void) => void
  readonly file: MessagesFile
  readonly port: number
  /** Of the analytics server, where one is set. */
  readonly token: string | undefined
}

const stoppedEarly = ({ output, ledger }: Parts, { counts }: Ran): number => {
  output.warn(
    `Stopped by Ctrl-C after ${plural(counts.read, 'message')}. What was in flight is finished and lies in ` +
      `${ledger.store}; run the same command again to go on.`,
  )
  return interruptedCode
}

const forMachines = async (parts: Parts): Promise<number> => {
  const { ledger, output } = parts
  const ran = await run({ ...parts, atOnce, progressOn: process.stderr.isTTY ? process.stderr : undefined })
  if (ran.interrupted) return stoppedEarly(parts, ran)
  const rows = await readLocations(ledger.locations)
  const result = {
    messages: ran.counts,
    totals: totalsOf(rows, await readItems(ledger.media)),
    locations: byLocation(rows),
    seconds: ran.seconds,
  }
  output.say(JSON.stringify(result))
  return 0
}

const forPersons = async (parts: Parts): Promise<number> => {
  const { ledger, options, port, output, signal } = parts
  const served = await serveAnalytics(ledger, options.serve ? port : 0, parts.token)
  try {
    const earlier = await readLocations(ledger.locations)
    const before = earlier.length === 0 ? undefined : totalsOf(earlier, await readItems(ledger.media))
    tell.beginning(output, options.from, ledger.store, before)
    const ran = await run({
      ...parts,
      atOnce: options.from === undefined ? atOnceOfSample : atOnce,
      progressOn: process.stdout,
    })
    tell.ingested(output, ran)
    if (ran.interrupted) return stoppedEarly(parts, ran)
    const rows = await readLocations(ledger.locations)
    tell.locations(output, rows, totalsOf(rows, await readItems(ledger.media)), before)
    await tell.history(output, ledger)
    const [busiest] = rows
    if (busiest !== undefined) await tell.analytics(output, served, busiest.id)
    tell.next(output, ledger.store, options.serve)
    if (!options.serve) return 0
    tell.serving(output, served, busiest?.id ?? 'LOCATION')
    await aborted(signal)
    output.say('Stopped.')
    return interruptedCode
  } finally {
    await served.close()
  }
}

/** Runs the whole system once and answers with the exit code. */
export const demo = async (options: Options, surroundings: Surroundings): Promise<number> => {
  const from = options.from ?? sample
  const file = await openMessages(from)
  const settings = readSettings(surroundings.env, { STORE: storeOf(options, surroundings.env, from) })
  const ledger = await openLedger({ ...settings, project: true })
  let via: Via | undefined
  try {
    // Loaded only where it is asked for.
    via =
      options.via === undefined
        ? undefined
        : await (await import('./via-service-bus.js')).viaServiceBus(ledger, settings, surroundings.signal)
    const handle = via?.handle ?? ledger.handle
    const toldBy = via === undefined ? {} : { whenAway: via.whenAway }
    const parts = {
      ...surroundings,
      options,
      ledger,
      handle,
      ...toldBy,
      file,
      port: settings.port,
      token: settings.apiToken,
    }
    return await (options.json ? forMachines(parts) : forPersons(parts))
  } finally {
    await via?.close()
    await ledger.close()
  }
}
