import { openLedger } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Absence, type Switched, switched } from './crawl.away.test-kit.js'
import { crawl } from './crawl.js'
import { Gate } from './crawl.test-kit.js'
import { usualPace } from './crawler.js'
import { usualLimits } from './limits.js'
import { png } from './media.test-kit.js'
import { html, type Reply, startSite, type TestSite } from './site.test-kit.js'

const test = suite('a crawl whose store goes away')

const images = 6

/** Two pages with images, of which one is broken and one in trouble. */
const pages: { readonly [path: string]: Reply } = {
  '/': html('<a href=/p1><img src=0.png><img src=broken.png><img src=ill.png>'),
  '/p1': html(Array.from({ length: images - 1 }, (_, i) => `<img src=${i + 1}.png>`).join('')),
  '/broken.png': { type: 'image/png', body: 'no image' },
  '/ill.png': { status: 500 },
  ...Object.fromEntries(
    Array.from({ length: images }, (_, i) => [`/${i}.png`, { type: 'image/png', body: png(i + 1, 2) }]),
  ),
}

const isImage = (path: string): boolean => /^\/\d\.png$/.test(path)

/** Of an image the first request is the download, and the second one the inspection. */
const inspections = (): ((path: string) => boolean) => {
  const seen = new Set<string>()
  return path => {
    const isSecond = seen.has(path)
    seen.add(path)
    return isImage(path) && isSecond
  }
}

/** The command in this process, on a store that can be sent away as soon as it is open. */
const start = (
  { url }: TestSite,
  onOpen: (store: Switched) => void = () => {},
  signal = new AbortController().signal,
) => {
  const out: string[] = []
  const err: string[] = []
  return crawl(
    { path: url, store: 'memory:', location: 'l', json: true },
    {
      env: {},
      output: { say: (text = '') => out.push(text), warn: text => err.push(text), progressOn: undefined },
      signal,
      limits: { ...usualLimits, retryPauseMs: 1 },
      // What was claimed without an answer is free again soon.
      pace: { ...usualPace, claimMs: 1000 },
      open: async options => {
        const store = switched(await openLedger(options))
        onOpen(store)
        return store.ledger
      },
    },
  ).then(code => ({ code, out: out.join('\n'), err }))
}

/** With a site of its own, so that several may run at once. */
const withSite = async (use: (site: TestSite, gate: Gate) => Promise<void>): Promise<void> => {
  const gate = new Gate()
  const site = await startSite(pages, gate.gate)
  try {
    await use(site, gate)
  } finally {
    await site.close()
  }
}

interface Moment {
  readonly when: string
  /** The requests that wait until the store is away; undefined: the batch is looked up, and is not recorded yet. */
  readonly hold?: () => (path: string) => boolean
  /** What the crawl must have tried before the store comes back. */
  readonly inVain: string
}

const moments: readonly Moment[] = [
  { when: 'before its batch is recorded', inVain: 'handle' },
  { when: 'while it searches', hold: () => path => path === '/p1', inVain: 'handleItemFound' },
  { when: 'while it downloads', hold: () => isImage, inVain: 'complete' },
  { when: 'while it inspects', hold: inspections, inVain: 'complete' },
]

const goesOn = ({ when, hold, inVain }: Moment, absence: Absence): Promise<void> =>
  withSite(async (site, gate) => {
    const whole = await start(site)
    assert.equal([whole.code, whole.err], [0, []], when)
    const { status, items, failed, errors } = JSON.parse(whole.out)
    assert.equal([status, items, failed, errors], ['completed', images + 2, 2, 3], when)

    if (hold !== undefined) gate.hold(hold())
    let toldOf = (_store: Switched): void => {}
    const opened = new Promise<Switched>(resolve => {
      toldOf = resolve
    })
    const crawled = start(site, store => {
      if (hold === undefined) store.leaveAfter('get', absence)
      toldOf(store)
    })
    const store = await opened
    if (hold !== undefined) {
      await gate.held(1)
      store.leave(absence)
      gate.open()
    }
    await store.askedInVain(inVain)
    store.comeBack()
    const { code, out, err } = await crawled
    assert.is(code, 0, `${when}: ${err.join('\n')}`)
    assert.equal(JSON.parse(out), JSON.parse(whole.out), when)
    assert.is(err.length, 1, `${when}: ${err.join('\n')}`)
    assert.match(err[0] ?? '', 'memory: does not answer. What is in hand waits')
  })

for (const absence of ['refuses', 'answers are lost'] satisfies readonly Absence[])
  test(`${absence}: at any moment it waits, says so once, and ends with the totals of one that was never disturbed`, async () => {
    await Promise.all(moments.map(moment => goesOn(moment, absence)))
  })

test('Ctrl-C while it waits for the store ends it, and says how to go on', () =>
  withSite(async (site, gate) => {
    const stop = new AbortController()
    gate.hold(isImage)
    let store: Switched | undefined
    const onOpen = (opened: Switched): void => {
      store = opened
    }
    const crawled = start(site, onOpen, stop.signal)
    await gate.held(1)
    store?.leave('refuses')
    gate.open()
    await store?.askedInVain('complete')
    stop.abort()
    const { code, err } = await crawled
    assert.is(code, 130, err.join('\n'))
    assert.match(err.at(-1) ?? '', 'Run the same command again to go on')
  }))

test.run()
