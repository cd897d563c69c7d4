import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bus } from './bus.js'
import { linksTo } from './links.js'

const test = suite('links')

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('a session that comes too late is given back, and nobody minds when that fails', async () => {
  let come = (_receiver: { close(): Promise<void> }): void => {}
  const accepting = new Promise(resolve => {
    come = resolve
  })
  const asked: Bus['asked'] = new Set()
  const bus = { asked, client: { acceptNextSession: () => accepting } } as unknown as Bus
  const halt = new AbortController()
  const session = linksTo(bus, { queue: 'crawl' }, 0).session(halt.signal)
  halt.abort()
  assert.is(await session, undefined)
  let unheard: unknown
  const hear = (error: unknown): void => {
    unheard = error
  }
  process.on('unhandledRejection', hear)
  let isClosed = false
  come({
    close: async () => {
      isClosed = true
      throw new Error('the connection is closed already')
    },
  })
  await turn()
  await turn()
  process.off('unhandledRejection', hear)
  assert.is(isClosed, true)
  assert.is(unheard, undefined)
  assert.is(asked.size, 0)
})

test.run()
