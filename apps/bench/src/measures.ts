import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Commit } from '@crawl-ledger/log'
import { type Ledger, openLedger } from 'crawl-ledger'
import { readAll } from './read-all.js'
import { type BenchMessage, crawl } from './stream.js'
import type { Open, Opened, Subject } from './subject.js'
import { inFlight, median, seconds } from './timing.js'

/** One line of the report. */
export interface Ratio {
  readonly what: string
  /** The median of the rounds. */
  readonly ratio: number
  /** What it must be now. */
  readonly limit: { readonly atLeast: number } | { readonly atMost: number }
  readonly detail: string
}

export const handleAll = (ledger: Ledger, messages: Iterable<BenchMessage>, most: number): Promise<void> =>
  inFlight(messages, most, async message => {
    const receipt = await ledger.handle(message)
    if (receipt.outcome !== 'recorded' && receipt.outcome !== 'unchanged')
      throw new Error(`the receipt of ${message.id} is ${JSON.stringify(receipt)}`)
  })

export const perSecond = (count: number, time: number): string =>
  `${Math.round(count / time).toLocaleString('en')}/s`

/** Appends to the driver's own inserts: every message makes a commit of its own, and the driver gets these commits. */
export const appending = async (
  { subject }: Opened,
  most: number,
  total: number,
  rounds: number,
): Promise<Ratio[]> => {
  const ratios: number[] = []
  let detail = ''
  // The first round warms up both sides and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    const url = subject.fresh()
    const messages = [...crawl(`r${round}`, total, 2 * most)]
    const ledger = await openLedger({ store: url, project: false })
    const ours = await seconds(() => handleAll(ledger, messages, most))
    await ledger.close()
    const commits: Commit[] = await readAll(url)
    const theirs = await seconds(() => subject.inserts(commits, most))
    if (round === 0) continue
    ratios.push(theirs / ours)
    detail = `${perSecond(total, ours)} in ${commits.length} commits, driver ${perSecond(commits.length, theirs)}`
  }
  const what = `append, ${most} in flight, to batched inserts`
  return [{ what, ratio: median(ratios), limit: { atLeast: 0.5 }, detail }]
}

/** Handlers with a spool, while the store is well, to those without. */
export const spooling = async (
  { subject }: Opened,
  most: number,
  total: number,
  rounds: number,
): Promise<Ratio[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'crawl-bench-spool-'))
  const ratios: number[] = []
  let detail = ''
  const timed = async (round: number, spool: string): Promise<number> => {
    const ledger = await openLedger({ store: subject.fresh(), project: false, spool })
    const time = await seconds(() => handleAll(ledger, crawl(`r${round}`, total, 2 * most), most))
    await ledger.close()
    return time
  }
  for (let round = 0; round <= rounds; round += 1) {
    // Whoever comes second has the larger heap: they take turns.
    const file = join(folder, `${round}.db`)
    const [first, second] = round % 2 === 0 ? ['off', file] : [file, 'off']
    const times = new Map([[first, await timed(round, first)]])
    times.set(second, await timed(round, second))
    if (round === 0) continue
    const [without, withOne] = [times.get('off') ?? 0, times.get(file) ?? 0]
    ratios.push(without / withOne)
    detail = `${perSecond(total, withOne)}, without ${perSecond(total, without)}`
  }
  rmSync(folder, { recursive: true })
  const what = `handlers with a spool to those without, ${most} in flight`
  return [{ what, ratio: median(ratios), limit: { atLeast: 0.95 }, detail }]
}

/** How many messages in flight are of one workflow: in the real streams it is eleven to fourteen. */
const ofOneWorkflow = 8

/** Appends, and appends until the views hold them, to the whole documents that the services wrote of the same messages. */
export const replacing = async (
  { subject }: Opened,
  most: number,
  total: number,
  rounds: number,
): Promise<Ratio[]> => {
  const [appended, viewed]: [number[], number[]] = [[], []]
  let detail = ''
  for (let round = 0; round <= rounds; round += 1) {
    const messages = [...crawl(`r${round}`, total, most / ofOneWorkflow)]
    const ledger = await openLedger({ store: subject.fresh(), project: false })
    const ours = await seconds(() => handleAll(ledger, messages, most))
    await ledger.close()
    const projecting = await openLedger({ store: subject.fresh(), project: true })
    const untilViews = await seconds(async () => {
      await handleAll(projecting, messages, most)
      await projecting.caughtUp({ timeoutMs: 120_000 })
    })
    await projecting.close()
    const direct = await subject.direct()
    const old = await seconds(() => inFlight(messages, most, message => direct.write(message)))
    await direct.close()
    if (round === 0) continue
    appended.push(old / ours)
    viewed.push(old / untilViews)
    detail = `${perSecond(total, ours)}, with views ${perSecond(total, untilViews)}, direct ${perSecond(total, old)}`
  }
  return [
    {
      what: `append, ${most} in flight, to direct writes`,
      ratio: median(appended),
      limit: { atLeast: most > 64 ? 3 : 2 },
      detail,
    },
    {
      what: `append and views, ${most} in flight, to direct writes`,
      ratio: median(viewed),
      limit: { atLeast: most > 64 ? 1.5 : 1 },
      detail,
    },
  ]
}

/** One message at a time: the median latency of a handler to that of the same direct writes. */
export const latency = async ({ subject }: Opened, total: number, rounds: number): Promise<Ratio> => {
  const ratios: number[] = []
  let detail = ''
  // As above, the first round warms up. Both take turns, for a machine is not equally fast from second to second.
  for (let round = 0; round <= rounds; round += 1) {
    const messages = [...crawl(`l${round}`, total, 8)]
    const ledger = await openLedger({ store: subject.fresh(), project: false })
    const direct = await subject.direct()
    const [ours, theirs]: [number[], number[]] = [[], []]
    for (let i = 0; i < messages.length; i += 100) {
      const turn = messages.slice(i, i + 100)
      for (const message of turn) ours.push(await seconds(() => ledger.handle(message)))
      for (const message of turn) theirs.push(await seconds(() => direct.write(message)))
    }
    await ledger.close()
    await direct.close()
    if (round === 0) continue
    ratios.push(median(ours) / median(theirs))
    detail = `${(1000 * median(ours)).toFixed(2)} ms, direct ${(1000 * median(theirs)).toFixed(2)} ms`
  }
  return {
    what: 'one message at a time, latency to direct writes',
    ratio: median(ratios),
    limit: { atMost: 1.1 },
    detail,
  }
}

interface ChildAnswer {
  readonly seconds: number
  readonly peakMb: number
}

/** Runs a part of the bench in a process of its own. */
export const inChild = (...args: readonly string[]): Promise<ChildAnswer> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./child.js', import.meta.url)), args)
    child.once('message', answer => resolve(answer as ChildAnswer))
    child.once('exit', code => code !== 0 && reject(new Error(`a process of the bench ended with ${code}`)))
  })

/** Four processes writing at once to one, in messages per second. */
export const processes = async ({ subject }: Opened, total: number, rounds: number): Promise<Ratio[]> => {
  const totals: number[] = []
  const fairness: number[] = []
  let detail = ''
  for (let round = 0; round < rounds; round += 1) {
    const one = await inChild('write', subject.fresh(), `one${round}`, String(total))
    const url = subject.fresh()
    await (await openLedger({ store: url, project: false })).close()
    const share = String(Math.floor(total / 2))
    const four = await Promise.all([1, 2, 3, 4].map(n => inChild('write', url, `p${n}r${round}`, share)))
    const slowest = Math.max(...four.map(answer => answer.seconds))
    const fastest = Math.min(...four.map(answer => answer.seconds))
    totals.push((2 * total) / slowest / (total / one.seconds))
    fairness.push(fastest / slowest)
    detail = `one ${perSecond(total, one.seconds)}, four ${perSecond(2 * total, slowest)}`
  }
  return [
    { what: 'four processes writing to one', ratio: median(totals), limit: { atLeast: 0.8 }, detail },
    {
      what: 'the slowest of the four to the fastest',
      ratio: median(fairness),
      limit: { atLeast: 0.5 },
      detail,
    },
  ]
}

/** How many messages of the stream give so many events: a new batch gives three, an error two. */
export const messagesFor = (events: number): number => Math.round((events * 19) / 22)

/** A log of about so many events without views. */
export const seeded = async (subject: Subject, events: number): Promise<string> => {
  const url = subject.fresh()
  const ledger = await openLedger({ store: url, project: false })
  await handleAll(ledger, crawl('seed', messagesFor(events), 8), 512)
  await ledger.close()
  return url
}

/** Projecting from the start to reading all and bulk-writing the final documents, each in a process of its own. */
export const projecting = async (open: Open, events: number, rounds: number): Promise<Ratio[]> => {
  const ratios: number[] = []
  let detail = ''
  for (let round = 0; round < rounds; round += 1) {
    const { subject, close } = await open()
    const url = await seeded(subject, events)
    const ours = await inChild('project', url)
    const theirs = await inChild('read-and-write', url)
    ratios.push(theirs.seconds / ours.seconds)
    detail = `${perSecond(events, ours.seconds)}, read and write ${perSecond(events, theirs.seconds)}`
    await close()
  }
  const what = `projecting ${events.toLocaleString('en')} events to reading and bulk-writing`
  return [{ what, ratio: median(ratios), limit: { atLeast: 0.5 }, detail }]
}

/** The peak memory of projecting four times as many events. */
export const memory = async (open: Open, events: number): Promise<Ratio> => {
  const peak = async (count: number): Promise<number> => {
    const { subject, close } = await open()
    const { peakMb } = await inChild('project', await seeded(subject, count))
    await close()
    return peakMb
  }
  const few = await peak(events)
  const many = await peak(4 * events)
  return {
    what: `peak memory of projecting ${(4 * events).toLocaleString('en')} events to ${events.toLocaleString('en')}`,
    ratio: many / few,
    limit: { atMost: 1.3 },
    detail: `${Math.round(many)} MB to ${Math.round(few)} MB`,
  }
}
