import { itemIdOf } from '@crawl-ledger/domain'
import { readable, type Store } from '@crawl-ledger/log'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findings, random, until } from '../away/away.test-kit.js'
import { type Ledger, type Receipt, StoreAway, StoreUnavailable } from '../index.js'
import { batchContext, collected, countersOf, stream } from '../messages.test-kit.js'
import { ledgerOver } from '../open-ledger.js'
import type { WithStore } from '../stores.test-kit.js'
import { type Scene, scene, stores } from './spool.test-kit.js'
import { SpoolFile } from './spool-file.js'

const test = suite('a store that is away')

/** A message that always says something new: the n-th of its workflow. */
const numbered = (workflow: string, n: number) => ({
  id: `${workflow}:${n}`,
  type: 'error',
  context: batchContext({ locationId: workflow }),
  payload: { error: String(n) },
})

const refOf = (locationId: string) => ({ locationId, batchId: 'b' })

const outcomes = (receipts: readonly Receipt[]): readonly string[] => [
  ...new Set(receipts.map(({ outcome }) => outcome)),
]

const handed = (ledger: Ledger, messages: readonly unknown[]): Promise<readonly Receipt[]> =>
  Promise.all(messages.map(message => ledger.handle(message)))

/** The numbers of a workflow's messages in the order of the log, asked of the store itself: a busy one is not away. */
const recordedOf = async (base: Store, workflow: string): Promise<readonly number[]> => {
  const ledger = ledgerOver({ ...base, close: async () => {} }, 'the store', { project: false })
  try {
    return (await collected(ledger.history(refOf(workflow))))
      .filter(({ event }) => event.type === 'ErrorRecorded')
      .map(({ messageId }) => Number(messageId.split(':')[1]))
  } finally {
    await ledger.close()
  }
}

const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

const emptied = (ledger: Ledger): Promise<void> =>
  until('an empty spool', () => ledger.spool?.status().messages === 0)

/** Sends the store away, and waits until the ledger knows. */
const away = async ({ leave }: Scene, ledger: Ledger): Promise<void> => {
  leave('refuses')
  await until('known to be away', async () => {
    try {
      await ledger.ping()
      return false
    } catch (error) {
      return error instanceof StoreAway
    }
  })
}

/** A ledger that reads the store itself, with views. */
const truly = async <A>(base: Store, use: (ledger: Ledger) => Promise<A>): Promise<A> => {
  const ledger = ledgerOver({ ...base, close: async () => {} }, 'the store', { project: true })
  try {
    await ledger.caughtUp()
    return await use(ledger)
  } finally {
    await ledger.close()
  }
}

const locations = ['osaka-1', 'osaka-2', 'kyoto-1']
const workflows = 4

const isWhole = async (base: Store): Promise<void> => {
  await truly(base, async ledger => {
    for (const id of locations) {
      const { locationId: _, generatedAt: __, ...counters } = (await ledger.analytics(id)) ?? {}
      assert.equal(counters, countersOf(workflows), id)
    }
  })
  assert.equal(await findings(base), [])
}

const both = (name: string, run: (withStore: WithStore) => Promise<void>): void => {
  for (const [store, withStore] of stores) test(`${store}: ${name}`, () => run(withStore))
}

for (const how of ['refuses', 'hangs', 'answers are lost'] as const)
  both(`${how}: messages wait on the disk and are recorded when it is back`, withStore =>
    scene(withStore, async set => {
      const ledger = set.open()
      const messages = stream(locations, workflows)
      const third = Math.floor(messages.length / 3)
      const before = await handed(ledger, messages.slice(0, third))
      set.leave(how)
      const during = await handed(ledger, messages.slice(third, 2 * third))
      assert.equal(outcomes(during), ['spooled'])
      const { state, messages: waiting, oldestMs } = ledger.spool?.status() ?? {}
      assert.equal([state, waiting], ['spooling', third])
      assert.ok(typeof oldestMs === 'number' && oldestMs >= 0 && oldestMs < 60_000)
      set.comeBack()
      await until('the store to be back', () => set.lines.includes('info: the store is back'))
      const after = await handed(ledger, messages.slice(2 * third))
      await emptied(ledger)
      assert.is([...before, ...after].filter(({ outcome }) => outcome === 'unavailable').length, 0)
      assert.equal(ledger.spool?.status(), {
        file: set.spoolFile,
        state: 'idle',
        messages: 0,
        max: 100_000,
        oldestMs: null,
        refused: 0,
      })
      assert.equal(set.lines, [
        'warn: the store is away',
        'warn: messages wait in the spool for the store',
        'info: the store is back',
        'info: the store takes the messages of the spool',
        'info: the spool is empty',
      ])
      await ledger.close()
      await isWhole(set.base)
    }),
  )

both('no message overtakes another, whenever the store goes and the service is started again', withStore =>
  scene(withStore, async set => {
    const seed = Number(process.env.SEED ?? Date.now() % 1e9)
    const next = random(seed)
    const names = ['osaka-1', 'osaka-2', 'kyoto-1', 'kyoto-2', 'nara-1']
    const sent = new Map(names.map(name => [name, 0]))
    let ledger = set.open()
    let receipts: Promise<Receipt>[] = []
    for (let step = 0; step < 60; step += 1) {
      const dice = next()
      if (dice < 0.15) set.leave(dice < 0.05 ? 'refuses' : dice < 0.1 ? 'hangs' : 'answers are lost')
      else if (dice < 0.35) set.comeBack()
      else if (dice < 0.4) {
        await ledger.close()
        ledger = set.open()
      }
      for (let i = 0; i < 8; i += 1) {
        const name = names[Math.floor(next() * names.length)] as string
        const n = sent.get(name) ?? 0
        sent.set(name, n + 1)
        receipts.push(ledger.handle(numbered(name, n)))
      }
      if (next() < 0.3) await new Promise(resolve => setTimeout(resolve, next() * 150))
      // Those that are not waited for here are under way while others come.
      if (next() < 0.2) {
        const all = await Promise.all(receipts.splice(0))
        assert.ok(
          all.every(({ outcome }) => ['recorded', 'spooled', 'duplicate'].includes(outcome)),
          `SEED=${seed}: ${JSON.stringify(outcomes(all))}`,
        )
      }
    }
    receipts = []
    set.comeBack()
    await emptied(ledger)
    await until('all of them', async () => {
      const recorded = await Promise.all(names.map(name => recordedOf(set.base, name)))
      return recorded.flat().length === [...sent.values()].reduce((sum, n) => sum + n, 0)
    })
    for (const name of names)
      assert.equal(await recordedOf(set.base, name), upTo(sent.get(name) ?? 0), `SEED=${seed}: ${name}`)
    await ledger.close()
    await truly(set.base, async () => {})
    assert.equal(await findings(set.base), [])
  }),
)

both('handlers and reads answer at once while it is known to be away', withStore =>
  scene(withStore, async set => {
    const ledger = set.open()
    await ledger.handle(numbered('osaka-1', 0))
    set.leave('hangs')
    await ledger.handle(numbered('osaka-1', 1))
    const asked = set.asked()
    // The store hangs until the end of this: whatever waited for it would never be answered.
    for (let n = 2; n < 42; n += 1)
      assert.is((await ledger.handle(numbered('osaka-1', n))).outcome, 'spooled')
    for (const read of [
      () => ledger.workflows.get(refOf('osaka-1')),
      () => ledger.analytics('osaka-1'),
      () => ledger.media.find(refOf('osaka-1')),
      () => ledger.caughtUp(),
    ]) {
      const error = await read().then(
        () => undefined,
        (e: unknown) => e,
      )
      assert.instance(error, StoreAway)
    }
    assert.is(set.asked(), asked, 'only pings reached the store')
    set.comeBack()
    await emptied(ledger)
    assert.equal(await recordedOf(set.base, 'osaka-1'), upTo(42))
    await ledger.close()
  }),
)

const [, inSqlite] = stores[0] as (typeof stores)[number]

test('without a spool the receipt is `unavailable`, at once as well', () =>
  scene(inSqlite, async set => {
    const ledger = ledgerOver(set.store, 'the store', { project: false })
    assert.is(ledger.spool, undefined)
    await away(set, ledger)
    const asked = set.asked()
    assert.equal(await ledger.handle(numbered('osaka-1', 0)), { outcome: 'unavailable' })
    assert.is(set.asked(), asked)
    set.comeBack()
    await until('back', async () => (await ledger.handle(numbered('osaka-1', 0))).outcome === 'recorded')
    await ledger.close()
  }))

test('a message that cannot be taken is rejected at once and never waits', () =>
  scene(inSqlite, async set => {
    const ledger = set.open()
    await away(set, ledger)
    const receipt = await ledger.handle({ ...numbered('osaka-1', 0), context: { batchId: 'b' } })
    assert.is(receipt.outcome === 'rejected' && receipt.rejection.path, 'context.locationId')
    assert.is(ledger.spool?.status().messages, 0)
    await ledger.close()
  }))

test('a message that is not to wait stays with its sender, also while others wait', () =>
  scene(inSqlite, async set => {
    const ledger = set.open()
    await away(set, ledger)
    assert.equal(await ledger.handle(numbered('osaka-1', 0), { spool: false }), { outcome: 'unavailable' })
    assert.is(ledger.spool?.status().messages, 0)
    await ledger.handle(numbered('osaka-1', 0))
    set.comeBack()
    await until('draining', () => ledger.spool?.status().state !== 'spooling')
    const other = await ledger.handle(numbered('osaka-1', 1), { spool: false })
    assert.ok(other.outcome === 'unavailable' || other.outcome === 'recorded')
    await emptied(ledger)
    assert.equal((await recordedOf(set.base, 'osaka-1')).slice(0, 1), [0])
    await ledger.close()
  }))

test('a command that is given up holds up no message', () =>
  scene(inSqlite, async set => {
    const ledger = set.open()
    await ledger.handle(numbered('osaka-1', 0))
    const asked = ledger.recovery.retryFailedStages(refOf('osaka-1'))
    // It has the store's time, and now it is with the writer.
    set.leave('hangs')
    assert.instance(await asked.catch((error: unknown) => error), StoreUnavailable)
    set.comeBack()
    await until('the store to be back', () => set.lines.includes('info: the store is back'))
    const { outcome } = await ledger.handle(numbered('osaka-1', 1), { spool: false })
    assert.is(outcome, 'recorded')
    await ledger.close()
  }))

test('a spool that is full says so, and takes messages again when there is room', () =>
  scene(inSqlite, async set => {
    const ledger = set.open({ spoolMax: 5 })
    await away(set, ledger)
    const receipts = await handed(
      ledger,
      upTo(8).map(n => numbered('osaka-1', n)),
    )
    assert.equal(
      receipts.map(({ outcome }) => outcome),
      [...upTo(5).map(() => 'spooled'), ...upTo(3).map(() => 'unavailable')],
    )
    assert.equal(receipts[7], { outcome: 'unavailable', reason: 'spool-full' })
    assert.is(set.lines.filter(line => line.startsWith('error: the spool is full')).length, 1)
    set.comeBack()
    await emptied(ledger)
    const again = await handed(
      ledger,
      [5, 6, 7].map(n => numbered('osaka-1', n)),
    )
    assert.equal(outcomes(again), ['recorded'])
    assert.equal(await recordedOf(set.base, 'osaka-1'), upTo(8))
    await ledger.close()
  }))

test('a message that the ledger does not take in the end is kept apart, listed and logged', () =>
  scene(inSqlite, async set => {
    // As a program of 0.1 kept it, whose messages had another form.
    const old = { id: '1', type: 'error', locationId: 'osaka-1', batchId: 'b', error: { message: 'x' } }
    const spoolFile = SpoolFile.open(set.spoolFile, 'the store')
    const receivedAt = '2024-05-01T12:00:00.000Z'
    const row = { seq: spoolFile.nextSeq(), locationId: 'osaka-1', receivedAt, context: '{}' }
    spoolFile.add([{ ...row, message: JSON.stringify(old) }])
    const ledger = set.open({ spoolFile })
    assert.ok(['recorded', 'spooled'].includes((await ledger.handle(numbered('osaka-1', 0))).outcome))
    await emptied(ledger)
    assert.equal(await recordedOf(set.base, 'osaka-1'), [0])
    const [refused] = ledger.spool?.refused() ?? []
    assert.is(refused?.rejection.code, 'invalid')
    assert.equal(refused?.message, old)
    assert.is(ledger.spool?.status().refused, 1)
    assert.is(
      set.lines.filter(line => line.startsWith('error: messages of the spool were refused')).length,
      1,
    )
    await ledger.close()
    const next = set.open()
    assert.is(next.spool?.refused().length, 1, 'it is there after a restart')
    assert.is(next.spool?.forget([refused?.seq ?? 0]), 1)
    assert.is(next.spool?.status().refused, 0)
    await next.close()
  }))

/** Messages whose normal form, id or context is not what was handed in. */
const oddMessages = (): readonly object[] => {
  const context = { ...batchContext({ locationId: 'osaka-1' }), further: '\ud800', batchId: 'b' }
  return [
    { id: 'same', type: 'error', context, payload: { error: 'one', stage: 'a', more: [null, -0] } },
    { id: 'same', type: 'error', context, payload: { error: 'another' } },
    { id: 'x'.repeat(300), type: 'workflow_progress', context, payload: 'half' },
    { type: 'item_found', workflow: context, util: 'u', payload: { itemUrl: 'u/1', itemType: 'video' } },
    { type: 'new_batch', context: { batchId: 'b' }, payload: { locationId: 'osaka-1', queries: ['park'] } },
    { type: 'workflow_complete', context },
    { type: 'save_location', context: { locationId: 'osaka-1', locationName: 'Osaka' } },
  ]
}

/** What the log keeps of each message: its id, its digest and its handler. */
const namesIn = async ({ log }: Store): Promise<readonly string[]> => {
  const commits = await log.read(new Map(upTo(log.partitions).map(partition => [partition, 0])), 100)
  const names = readable(commits).flatMap(({ messages }) => messages)
  return names.map(({ id, digest, handler }) => `${id} ${digest} ${handler}`).sort()
}

both('messages that waited have the ids and digests that they have otherwise', withStore =>
  withStore(direct =>
    scene(withStore, async set => {
      const other = ledgerOver({ ...direct, close: async () => {} }, 'the store', { project: false })
      for (const message of oddMessages()) assert.is((await other.handle(message)).outcome, 'recorded')
      await other.close()
      const ledger = set.open()
      await away(set, ledger)
      const receipts = await handed(ledger, oddMessages())
      assert.equal(outcomes(receipts), ['spooled'])
      assert.is(receipts[3]?.itemId, itemIdOf('b', 'u/1'))
      set.comeBack()
      await emptied(ledger)
      const names = await namesIn(set.base)
      assert.is(names.length, oddMessages().length)
      assert.ok(names.some(name => /^same#[0-9a-f]{16} /.test(name)))
      assert.equal(names, await namesIn(direct))
      for (const message of oddMessages()) assert.is((await ledger.handle(message)).outcome, 'duplicate')
      assert.is(ledger.spool?.status().refused, 0)
      await ledger.close()
    }),
  ),
)

test('what a message came with waits with it', () =>
  scene(inSqlite, async set => {
    const ledger = set.open()
    await away(set, ledger)
    const { id: _, ...anonymous } = numbered('osaka-1', 0)
    await ledger.handle(anonymous, { correlationId: 'trace-1' })
    await ledger.handle(anonymous, { correlationId: 'trace-2' })
    await ledger.close()
    set.comeBack()
    const next = set.open()
    await emptied(next)
    const [commit, ...others] = readable(
      await set.base.log.readStreams(
        upTo(4).map(partition => ({ partition, stream: 'osaka-1/b', version: 0 })),
      ),
    )
    assert.is(others.length, 0, 'the same message without an id counts once')
    const [message] = commit?.messages ?? []
    assert.is(message?.correlationId, 'trace-1')
    assert.is(message?.handler, 'handleError')
    assert.ok(commit !== undefined && (message?.at ?? '') <= commit.at)
    await next.close()
  }))

test('a service that is busy all the time sees the end of its spool', () =>
  scene(inSqlite, async set => {
    const ledger = set.open()
    await away(set, ledger)
    await handed(
      ledger,
      upTo(3000).map(n => numbered('osaka-1', n)),
    )
    let sent = 3000
    let busy = true
    // One location, so that all of it is behind the spool; a caller sends its next message as soon as it has a receipt.
    const caller = async (): Promise<void> => {
      while (busy) {
        sent += 1
        await ledger.handle(numbered('osaka-1', sent - 1))
      }
    }
    const callers = Array.from({ length: 64 }, caller)
    set.comeBack()
    try {
      await until('an empty spool', () => ledger.spool?.status().messages === 0)
    } finally {
      busy = false
      await Promise.all(callers)
    }
    await emptied(ledger)
    assert.equal(await recordedOf(set.base, 'osaka-1'), upTo(sent))
    await ledger.close()
  }))

test('a disk that does not take a message is no silent loss', () =>
  scene(inSqlite, async set => {
    const spoolFile = SpoolFile.open(set.spoolFile, 'the store')
    const ledger = set.open({ spoolFile })
    await away(set, ledger)
    const { settle } = spoolFile
    spoolFile.settle = () => {
      throw new Error('the disk is full')
    }
    const receipts = await handed(
      ledger,
      upTo(3).map(n => numbered('osaka-1', n)),
    )
    assert.equal(outcomes(receipts), ['unavailable'])
    assert.equal(receipts[0], { outcome: 'unavailable', reason: 'spool-failed' })
    assert.is(set.lines.filter(line => line === 'error: the spool cannot be written').length, 1)
    spoolFile.settle = settle
    assert.equal(outcomes(await handed(ledger, [numbered('osaka-1', 0)])), ['spooled'])
    set.comeBack()
    await emptied(ledger)
    assert.equal(await recordedOf(set.base, 'osaka-1'), [0])
    await ledger.close()
  }))

test.run()
