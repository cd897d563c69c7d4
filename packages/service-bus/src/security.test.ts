import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { found, openWorld, recorded, until, type World } from './bus.test-kit.js'
import { BusUnusable } from './errors.js'
import { guard } from './security.js'

const test = suite('the secret that messages carry')
let world: World | undefined

test.after.each(async () => {
  await world?.close()
  world = undefined
})

const securityToken = { value: 'the-right-secret', property: 'securityToken' }

test('a message without it or with another is never handled, and its dead letter shows neither value', async () => {
  const opened = await openWorld()
  world = opened
  const { broker, consume } = opened
  const handled: unknown[] = []
  consume({
    securityToken,
    handle: async (_, { id }) => {
      handled.push(id)
      return recorded
    },
  })
  const withProperties = (id: string, applicationProperties: Record<string, unknown>) => ({
    ...found(id),
    applicationProperties,
  })
  broker.put('crawl', [
    found('none'),
    withProperties('wrong', { securityToken: 'some-other-secret' }),
    withProperties('elsewhere', { token: securityToken.value }),
    withProperties('number', { securityToken: 7 }),
    withProperties('right', { securityToken: securityToken.value }),
  ])
  await until('all to be settled', () => {
    const { completed, deadLettered } = broker.counts('crawl')
    return completed === 1 && deadLettered === 4
  })
  assert.equal(handled, ['found-right'])
  const told = new Map(
    broker
      .messages('crawl/$deadletterqueue')
      .map(({ messageId, deadLetterErrorDescription = '' }) => [messageId, deadLetterErrorDescription]),
  )
  assert.match(told.get('found-none') ?? '', /security token .* "securityToken" is missing/)
  assert.match(told.get('found-elsewhere') ?? '', /is missing/)
  assert.match(told.get('found-wrong') ?? '', /is wrong/)
  assert.match(told.get('found-number') ?? '', /is wrong/)
  for (const text of told.values()) assert.not.match(text, /right-secret|other-secret/)
})

test('a prefix, a longer one, and what an object inherits are not it', () => {
  const refused = guard({ value: 'secret', property: 'constructor' })
  assert.is(refused({ applicationProperties: { constructor: 'secret' } as never }), undefined)
  for (const applicationProperties of [undefined, {}, { constructor: 'secre' }, { constructor: 'secrets' }])
    assert.ok(refused({ applicationProperties: applicationProperties as never }))
})

test('an empty secret is refused at the start', async () => {
  const opened = await openWorld()
  world = opened
  for (const empty of [
    { value: '', property: 'p' },
    { value: 'v', property: '' },
  ])
    assert.throws(
      () => opened.consume({ securityToken: empty }),
      (error: unknown) => error instanceof BusUnusable,
    )
})

test('at most 10 are handled at once where nothing else is said', async () => {
  const opened = await openWorld()
  world = opened
  const { broker, consume } = opened
  let go = (): void => {}
  const gone = new Promise<void>(resolve => {
    go = resolve
  })
  let [inHand, most] = [0, 0]
  consume({
    handle: async () => {
      inHand += 1
      most = Math.max(most, inHand)
      await gone
      inHand -= 1
      return recorded
    },
  })
  broker.put(
    'crawl',
    Array.from({ length: 40 }, (_, i) => found(`m${i}`)),
  )
  await until('ten to be in hand', () => inHand === 10)
  go()
  await until('all to be completed', () => broker.counts('crawl').completed === 40)
  assert.is(most, 10)
})

test.run()
