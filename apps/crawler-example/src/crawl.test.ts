import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CrawlEvent } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { countedIn, Gate, inLog, startCrawl } from './crawl.test-kit.js'
import { gif, png, wav } from './media.test-kit.js'
import { size } from './result.js'
import { html, type Reply, startSite, type TestSite } from './site.test-kit.js'

const test = suite('crawl')
let folder = ''
let site: TestSite | undefined
test.before.each(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crawler-crawl-'))
})
test.after.each(async () => {
  await site?.close()
  site = undefined
  await rm(folder, { recursive: true, force: true })
})

const storeAt = (name: string): string => `sqlite:${join(folder, name)}.db`

const images = 12

/** Four pages with images of which one is broken, one is gone and one in trouble, and a sound. */
const pages: { readonly [path: string]: Reply } = {
  '/': html('<a href=/p1><a href=/gone.html><img src=0.png><img src=1.png><img src=broken.png>'),
  '/p1': html('<a href=/p2><img src=2.png><img src=gone.png><img src=ill.png><a href=tone.wav>'),
  '/p2': html(Array.from({ length: images - 3 }, (_, i) => `<img src=${i + 3}.png>`).join('')),
  '/broken.png': { type: 'image/png', body: 'no image' },
  '/ill.png': { status: 500 },
  '/tone.wav': { type: 'audio/wav', body: wav(100) },
  ...Object.fromEntries(
    Array.from({ length: images }, (_, i) => [`/${i}.png`, { type: 'image/png', body: png(i + 1, 2) }]),
  ),
}

const isImage = (path: string): boolean => /^\/\d+\.png$/.test(path)

const crawlJson = async (url: string, store: string) => {
  const { code, out, err } = await startCrawl(url, '--store', store, '--json', '--location', 'l').ended
  assert.is(code, 0, err)
  return JSON.parse(out)
}

test('a folder: what is in it, how large, which dimensions, and what failed', async () => {
  await mkdir(join(folder, 'media/sub'), { recursive: true })
  await writeFile(join(folder, 'media/a.png'), png(30, 40))
  await writeFile(join(folder, 'media/sub/b.gif'), gif(5, 6))
  await writeFile(join(folder, 'media/sub/c.wav'), wav(1000))
  await writeFile(join(folder, 'media/sub/d.png'), 'no image')
  const args = [join(folder, 'media'), '--store', storeAt('a'), '--batch', 'b'] as const
  const { code, out, err } = await startCrawl(...args).ended
  assert.is(code, 0, err)
  assert.is(err, '')
  const bytes = png(30, 40).length + gif(5, 6).length + wav(1000).length + 'no image'.length
  const totals = `4 media files, ${size(bytes)}, 1 failed`
  for (const part of [totals, '2 folders read', 'image/gif', 'd.png is no image']) assert.match(out, part)
  const again = await startCrawl(...args).ended
  assert.match(again.out, 'was crawled before')
  assert.match(again.out, totals)
  const { counts, analytics } = await countedIn(storeAt('a'), { locationId: 'media', batchId: 'b' })
  assert.is(counts.get('StageCompleted analyse-media a.png'), 1)
  assert.equal(analytics, {
    locationId: 'media',
    totalMediaItems: 4,
    activeWorkflows: 0,
    completedWorkflows: 1,
    failedWorkflows: 0,
    errorCount: 1,
  })
})

test('an empty folder is done at once', async () => {
  await mkdir(join(folder, 'empty'))
  const { code, out } = await startCrawl(join(folder, 'empty'), '--store', 'memory:').ended
  assert.is(code, 0)
  assert.match(out, '0 media files')
})

test('a site: killed while it is searched, while it downloads and while it inspects, the totals are those of one run', async () => {
  const gate = new Gate()
  site = await startSite(pages, gate.gate)
  const { url } = site
  const whole = await crawlJson(url, storeAt('whole'))
  assert.equal(
    [whole.status, whole.items, whole.failed, whole.errors, whole.search.pages],
    ['completed', images + 4, 3, 5, 3],
  )
  const seen = new Map<string, number>()
  const nth = (path: string): number => {
    seen.set(path, (seen.get(path) ?? 0) + 1)
    return seen.get(path) ?? 0
  }
  const isPrepared = ({ type, data }: CrawlEvent): boolean =>
    type === 'StageCompleted' && data.stage === 'prep-media'
  const moments: readonly {
    readonly hold: (path: string) => boolean
    /** What must be in the log by then, so that the next run tells it again. */
    readonly logged: (event: CrawlEvent) => boolean
  }[] = [
    { hold: path => path === '/p2', logged: ({ type }) => type === 'ErrorRecorded' },
    { hold: path => isImage(path) && Number(path.slice(1, -4)) > 4, logged: isPrepared },
    // Of an image the second request is the inspection.
    { hold: path => isImage(path) && nth(path) > 1, logged: isPrepared },
  ]
  for (const { hold, logged } of moments) {
    seen.clear()
    gate.hold(hold)
    const { process, ended } = startCrawl(url, '--store', storeAt('killed'), '--location', 'l')
    await gate.held(1)
    await inLog(storeAt('killed'), whole, logged)
    process.kill('SIGKILL')
    assert.is((await ended).code, null)
    gate.open()
  }
  assert.equal(await crawlJson(url, storeAt('killed')), whole)
  const [killed, once] = [await countedIn(storeAt('killed'), whole), await countedIn(storeAt('whole'), whole)]
  const facts = ({ counts }: typeof once) =>
    [...counts].filter(([key]) => !key.startsWith('StageClaimed')).sort(([a], [b]) => (a < b ? -1 : 1))
  assert.equal(facts(killed), facts(once))
  assert.equal(killed.analytics, once.analytics)
})

test('two processes on one store share the work: each stage of each item once', async () => {
  const gate = new Gate()
  site = await startSite(pages, gate.gate)
  const { url, asked } = site
  gate.hold(isImage)
  const both = [1, 2].map(
    () => startCrawl(url, '--store', storeAt('both'), '--json', '--location', 'l').ended,
  )
  // One of them alone asks for four at once: both are at work.
  await gate.held(8)
  gate.open()
  const results = await Promise.all(both)
  assert.equal(
    results.map(({ code, err }) => [code, err]),
    [
      [0, ''],
      [0, ''],
    ],
  )
  const [one, other] = results.map(({ out }) => JSON.parse(out))
  assert.equal(one, other)
  assert.is(one.items, images + 4)
  const { counts, servers } = await countedIn(storeAt('both'), one)
  assert.is(servers.size, 2)
  // What may pass is tried once more.
  for (const [key, n] of counts) assert.is(n, /prep-media ill\.png$/.test(key) ? 2 : 1, key)
  for (let i = 0; i < images; i += 1) assert.is(asked.filter(path => path === `/${i}.png`).length, 2, `${i}`)
})

test('Ctrl-C finishes what is in hand; the next run goes on from there', async () => {
  const gate = new Gate()
  site = await startSite(pages, gate.gate)
  const { url, asked } = site
  gate.hold(isImage)
  const args = [url, '--store', storeAt('stopped'), '--location', 'l'] as const
  const { process, ended } = startCrawl(...args)
  await gate.held(4)
  const inHand = asked.filter(isImage)
  process.kill('SIGINT')
  const told = new Promise<void>(resolve => {
    process.stderr?.on('data', data => {
      if (String(data).includes('Finishing')) resolve()
    })
  })
  await told
  gate.open()
  const { code, err } = await ended
  assert.is(code, 130)
  assert.match(err, 'Run the same command again to go on')
  const result = await crawlJson(url, storeAt('stopped'))
  assert.equal([result.status, result.items, result.failed], ['completed', images + 4, 3])
  for (const path of inHand) assert.is(asked.filter(one => one === path).length, 2, path)
})

test('a site that does not answer fails the batch, and goes on when it answers again', async () => {
  const gone = await startSite({})
  const { url } = gone
  await gone.close()
  const args = [url, '--store', storeAt('away'), '--batch', 'b', '--location', 'l'] as const
  for (const _ of [1, 2]) {
    const { code, err } = await startCrawl(...args).ended
    assert.is(code, 1)
    assert.match(err, /does not answer \(ECONNREFUSED\)/)
  }
  site = await startSite(
    { '/': html('<img src=a.png>'), '/a.png': { type: 'image/png', body: png(1, 1) } },
    undefined,
    Number(new URL(url).port),
  )
  const { code, out, err } = await startCrawl(...args).ended
  assert.is(code, 0, err)
  assert.match(out, '1 media file, ')
})

test.run()
