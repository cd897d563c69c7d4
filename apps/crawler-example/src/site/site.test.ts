import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Find } from '../find.js'
import { type Limits, usualLimits } from '../limits.js'
import { png } from '../media.test-kit.js'
import { html, pngType, type Reply, startSite, type TestSite } from '../site.test-kit.js'
import { Trouble } from '../trouble.js'
import { findOnSite, openOnWeb } from './site.js'
import { Web } from './web.js'

const test = suite('site')
const sites: TestSite[] = []
test.after.each(async () => {
  for (const site of sites.splice(0)) await site.close()
})

const started = async (
  pages: { readonly [path: string]: Reply },
  gate?: (path: string) => Promise<void> | void,
): Promise<TestSite> => {
  const site = await startSite(pages, gate)
  sites.push(site)
  return site
}

const quick: Limits = { ...usualLimits, retryPauseMs: 1, pageMs: 2000, itemMs: 2000 }

const search = async (
  site: TestSite,
  limits: Partial<Limits> = {},
  start = '',
): Promise<readonly string[]> => {
  const all: string[] = []
  const told = (find: Find): string =>
    'item' in find
      ? find.item.itemUrl.replace(site.url, '/')
      : 'note' in find
        ? find.note
        : `${find.trouble.code} ${find.place.replace(site.url, '/')}`
  const bounds = { ...quick, ...limits }
  for await (const find of findOnSite(site.url + start, new Web(bounds), bounds)) all.push(told(find))
  return all
}

const codeOf = (error: unknown): unknown => (error instanceof Trouble ? error.code : error)

test('pages breadth first and in the order of their links, each once, however they link', async () => {
  const site = await started({
    '/': html('<a href=b><a href=a><img src=0.png><a href=/>'),
    '/a': html('<a href=/c><a href=b><img src=a.png>'),
    '/b': html('<a href=a><img src=b.png>'),
    '/c': html('<img src=c.png><a href="http://other.invalid/">'),
  })
  assert.equal(await search(site), [
    'pages',
    '/0.png',
    'pages',
    '/b.png',
    'pages',
    '/a.png',
    'pages',
    '/c.png',
  ])
  assert.equal(site.asked.length, new Set(site.asked).size)
})

test('robots.txt is asked once and obeyed, for pages and for media', async () => {
  const site = await started({
    '/robots.txt': { type: 'text/plain', body: 'User-agent: *\nDisallow: /secret\nCrawl-delay: 0.01' },
    '/': html('<a href=/secret/page><a href=/open><img src=/secret/a.png><img src=b.png>'),
    '/open': html(''),
    '/secret/page': html('<img src=c.png>'),
  })
  assert.equal(await search(site), ['pages', 'forbiddenByRobots', '/b.png', 'forbiddenByRobots', 'pages'])
  assert.equal(site.asked, ['/robots.txt', '/', '/open'])
})

test('a site that forbids its first page, or whose robots.txt is in trouble, is trouble', async () => {
  const closed = await started({
    '/robots.txt': { type: 'text/plain', body: 'User-agent: *\nDisallow: /' },
    '/': html(''),
  })
  assert.is(await search(closed).catch(codeOf), 'robots')
  const broken = await started({ '/robots.txt': { status: 503 }, '/': html('') })
  assert.is(await search(broken).catch(codeOf), 'http-503')
  assert.not.ok(broken.asked.includes('/'))
})

test('redirects: to a page that is known, in a circle, and to another site', async () => {
  const other = await started({ '/': html('<img src=elsewhere.png>') })
  const site = await started({
    '/': html('<a href=/old><a href=/round><a href=/away><a href=/new>'),
    '/old': { redirect: '/new' },
    '/new': html('<img src=new.png>'),
    '/round': { redirect: '/round' },
    '/away': { redirect: other.url },
  })
  assert.equal(await search(site), ['pages', 'redirects /round', 'leftTheSite', 'pages', '/new.png'])
})

test('the first page may redirect: there is the site', async () => {
  const site = await started({ '/': html('<a href=/a>'), '/a': html('<img src=a.png>') })
  const before = await started({ '/': { redirect: site.url } })
  const all: Find[] = []
  for await (const find of findOnSite(before.url, new Web(quick), quick)) all.push(find)
  assert.is(all.filter(find => 'item' in find).length, 1)
})

test('broken pages are told, others go on; what may pass is tried once more', async () => {
  let failures = 0
  const site = await started({
    '/': html('<a href=/gone><a href=/ill><a href=/flaky><a href=/cut>'),
    '/ill': { status: 500 },
    '/flaky': (_, response) => {
      failures += 1
      if (failures === 1) response.destroy()
      else response.writeHead(200, { 'content-type': 'text/html' }).end('<img src=f.png>')
    },
    '/cut': (_, response) => {
      response
        .writeHead(200, { 'content-type': 'text/html', 'content-length': '1000' })
        .write('<img src=x.png>')
      setImmediate(() => response.destroy())
    },
  })
  assert.equal(await search(site), [
    'pages',
    'http-404 /gone',
    'http-500 /ill',
    'pages',
    '/f.png',
    'no-answer /cut',
  ])
  assert.is(site.asked.filter(path => path === '/gone').length, 1)
  assert.is(site.asked.filter(path => path === '/ill').length, 2)
})

test('a page that hangs takes no longer than it may', async () => {
  const site = await started({ '/': html('<a href=/hangs>'), '/hangs': () => {} })
  assert.equal(await search(site, { pageMs: 50, attempts: 1 }), ['pages', 'timeout /hangs'])
})

/** Pages that link on and on. */
const endless = (n: number): { readonly [path: string]: Reply } =>
  Object.fromEntries(Array.from({ length: n }, (_, i) => [`/${i || ''}`, html(`<a href=/${i + 1}>`)]))

test('bounds: pages, depth, time, bytes of a page', async () => {
  const site = await started(endless(20))
  assert.equal(await search(site, { pages: 3 }), ['pages', 'pages', 'pages', 'stoppedAtPages'])
  assert.equal(await search(site, { depth: 1 }), ['pages', 'pages', 'stoppedAtDepth'])
  assert.equal(await search(site, { discoveryMs: 0 }), ['pages', 'stoppedAtTime'])
  const long = await started({ '/': html(`<img src=a.png>${' '.repeat(100_000)}<img src=b.png>`) })
  assert.equal(await search(long, { pageBytes: 50_000 }), ['pages', '/a.png'])
})

test('the address of an image is a site of one image', async () => {
  const site = await started({ '/a.png': { type: pngType, body: png(1, 1) } })
  assert.equal(await search(site, {}, 'a.png'), ['/a.png'])
})

test('few requests at once', async () => {
  let now = 0
  let most = 0
  const links = Array.from({ length: 12 }, (_, i) => `<a href=/p${i}>`).join('')
  const site = await started(
    { '/': html(links), ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`/p${i}`, html('')])) },
    async () => {
      now += 1
      most = Math.max(most, now)
      await new Promise(setImmediate)
      now -= 1
    },
  )
  await search(site, { perOrigin: 3 })
  assert.ok(most > 0 && most <= 3, String(most))
})

test('a file that is larger than it may be is cut off, and only its beginning is read where that is enough', async () => {
  let sent = 0
  const flood: Reply = (_, response) => {
    response.writeHead(200, { 'content-type': 'image/png' })
    const send = (): void => {
      while (!response.destroyed) {
        sent += 64 * 1024
        if (!response.write(Buffer.alloc(64 * 1024))) {
          response.once('drain', send)
          return
        }
      }
    }
    send()
  }
  const site = await started({ '/flood.png': flood })
  const limits = { ...quick, itemBytes: 200_000 }
  const web = new Web(limits)
  const open = (first?: number) =>
    openOnWeb(
      `${site.url}flood.png`,
      { web, limits, ...(first === undefined ? {} : { first }) },
      async ({ bytes }) => {
        let size = 0
        for await (const chunk of bytes) size += chunk.length
        return size
      },
    )
  assert.is(await open().catch(codeOf), 'too-large')
  assert.is(await open(1000), 1000)
  assert.ok(sent < 100_000_000, String(sent))
})

test.run()
