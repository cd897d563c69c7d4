import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openLedger } from 'crawl-ledger'
import { handleAll, inChild, messagesFor, perSecond, type Ratio, seeded } from './measures.js'
import { crawl } from './stream.js'
import type { Open, Opened } from './subject.js'
import { median, seconds } from './timing.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const mostMb = 512

/** A rebuild to reading all and bulk-writing the final documents, and how it grows from few events to many. */
export const rebuilding = async (
  open: Open,
  few: number,
  many: number,
  rounds: number,
): Promise<readonly Ratio[]> => {
  const measured = async (events: number) => {
    const { subject, close } = await open()
    const url = await seeded(subject, events)
    const ours = await inChild('rebuild', url)
    const theirs = await inChild('read-and-write', url)
    await close()
    const detail = `${perSecond(events, ours.seconds)}, read and write ${perSecond(events, theirs.seconds)}`
    return { ours, ratio: theirs.seconds / ours.seconds, detail }
  }
  const small = []
  for (let round = 0; round < rounds; round += 1) small.push(await measured(few))
  const large = await measured(many)
  const shown = (events: number): string => events.toLocaleString('en')
  const time = median(small.map(({ ours }) => ours.seconds))
  return [
    {
      what: `rebuilding ${shown(few)} events to reading and bulk-writing`,
      ratio: median(small.map(({ ratio }) => ratio)),
      limit: { atLeast: 0.6 },
      detail: small.at(-1)?.detail ?? '',
    },
    {
      what: `rebuilding ${shown(many)} events to reading and bulk-writing`,
      ratio: large.ratio,
      limit: { atLeast: 0.6 },
      detail: large.detail,
    },
    {
      what: `time per event, ${shown(many)} to ${shown(few)}`,
      ratio: large.ours.seconds / many / (time / few),
      limit: { atMost: 1.3 },
      detail: `${large.ours.seconds.toFixed(1)} s to ${time.toFixed(1)} s`,
    },
    {
      what: `peak memory of rebuilding ${shown(many)} events to ${mostMb} MB`,
      ratio: large.ours.peakMb / mostMb,
      limit: { atMost: 1 },
      detail: `${Math.round(large.ours.peakMb)} MB`,
    },
  ]
}

/** From a receipt until the views have it, while messages come in at a steady rate, to 100 ms. */
export const live = async (
  { subject }: Opened,
  rate: number,
  forSeconds: number,
): Promise<readonly Ratio[]> => {
  const ledger = await openLedger({ store: subject.fresh(), project: true })
  const taken: number[] = []
  const questions: Promise<void>[] = []
  const start = performance.now()
  let sent = 0
  await Promise.all(
    [...crawl('live', rate * forSeconds, 64)].map(async message => {
      const number = sent++
      await sleep((number / rate) * 1000 - (performance.now() - start))
      await ledger.handle(message)
      if (number % 20 !== 0) return
      const received = performance.now()
      questions.push(ledger.caughtUp().then(() => void taken.push(performance.now() - received)))
    }),
  )
  await Promise.all(questions)
  const time = (performance.now() - start) / 1000
  await ledger.close()
  taken.sort((a, b) => a - b)
  const at = (part: number): number => taken[Math.floor(taken.length * part)] ?? Number.NaN
  return [
    {
      what: `receipt to view, 99 of 100, at ${rate} messages a second, to 100 ms`,
      ratio: at(0.99) / 100,
      limit: { atMost: 1 },
      detail: `p50 ${at(0.5).toFixed(0)} ms, p99 ${at(0.99).toFixed(0)} ms; ${Math.round(sent / time)} messages/s`,
    },
  ]
}

const worker = (store: string) => {
  const args = ['-C', 'built', 'apps/projector/dist/main.js', '--port', '0', '--host', '127.0.0.1']
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, STORE: store },
    stdio: 'pipe',
  })
  let said = ''
  child.stdout.on('data', data => {
    said += data
  })
  child.stderr.resume()
  return {
    holds: async (partitions: number): Promise<void> => {
      const held = (): number =>
        JSON.parse(said.split('\n').findLast(line => line.includes('partitions changed')) ?? '{}').partitions
          ?.length ?? 0
      while (held() !== partitions) {
        if (child.exitCode !== null) throw new Error(`the worker ended: ${said}`)
        await sleep(20)
      }
    },
    stop: async (): Promise<void> => {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** Counts what a client asks of a MongoDB server: every message of the wire protocol begins with its length. */
const counting = async (url: string) => {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let questions = 0
  const server = createServer(near => {
    const far = connect(Number(target.port), target.hostname)
    let rest = 0
    near.on('data', data => {
      let at = rest
      for (; at < data.length; at += data.readInt32LE(at)) questions += 1
      rest = at - data.length
    })
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {}).once('close', () => [near, far].map(one => one.destroy()))
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: url.replace(target.host, `127.0.0.1:${port}`),
    count: () => questions,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

const idleSeconds = 20
const mostQuestions = 10

/** How often an idle worker asks the server, to ten times a second; the driver's own heartbeats included. */
export const idle = async ({ subject }: Opened): Promise<readonly Ratio[]> => {
  const url = subject.fresh()
  await (await openLedger({ store: url, project: false })).close()
  const line = await counting(url)
  const one = worker(line.url)
  await one.holds(16)
  await sleep(5000)
  const before = line.count()
  await sleep(idleSeconds * 1000)
  const rate = (line.count() - before) / idleSeconds
  await one.stop()
  line.close()
  return [
    {
      what: `questions a second of an idle worker, to ${mostQuestions}`,
      ratio: rate / mostQuestions,
      limit: { atMost: 1 },
      detail: `${rate.toFixed(1)} a second`,
    },
  ]
}

/** Two workers to one, folding the same log, from the moment that they are up to its end. */
export const workers = async (open: Open, events: number, rounds: number): Promise<readonly Ratio[]> => {
  const folding = async (count: number): Promise<number> => {
    const { subject, close } = await open()
    const url = subject.fresh()
    const ledger = await openLedger({ store: url, project: false })
    const all = Array.from({ length: count }, () => worker(url))
    for (const one of all) await one.holds(16 / count)
    const time = await seconds(async () => {
      // Written as fast as it goes: the workers are behind all the time.
      await handleAll(ledger, crawl('workers', messagesFor(events), 64), 512)
      await ledger.caughtUp({ timeoutMs: 600_000 })
    })
    await Promise.all(all.map(one => one.stop()))
    await ledger.close()
    await close()
    return time
  }
  const ratios: number[] = []
  let detail = ''
  for (let round = 0; round < rounds; round += 1) {
    const [one, two] = [await folding(1), await folding(2)]
    ratios.push(one / two)
    detail = `one ${perSecond(events, one)}, two ${perSecond(events, two)}`
  }
  return [{ what: 'two workers to one', ratio: median(ratios), limit: { atLeast: 0.8 }, detail }]
}

/** What the command's own start adds to Node's, to 300 ms. It is the built one: as it is installed. */
export const help = async (rounds: number): Promise<readonly Ratio[]> => {
  const started = (...args: readonly string[]): Promise<number> =>
    seconds(() => once(spawn(process.execPath, args, { cwd: root, stdio: 'ignore' }), 'exit'))
  const added: number[] = []
  const fromSource: number[] = []
  for (let round = 0; round < 3 * rounds; round += 1) {
    const bare = await started('-e', '0')
    added.push((await started('-C', 'built', 'apps/replay/dist/main.js', '--help')) - bare)
    fromSource.push((await started('--import', 'tsx', 'apps/replay/src/main.ts', '--help')) - bare)
  }
  const ms = (times: readonly number[]): number => Math.round(median(times) * 1000)
  return [
    {
      what: 'crawl-replay --help, over bare node, to 300 ms',
      ratio: ms(added) / 300,
      limit: { atMost: 1 },
      detail: `${ms(added)} ms; from source, which is compiled at each start, ${ms(fromSource)} ms`,
    },
  ]
}
