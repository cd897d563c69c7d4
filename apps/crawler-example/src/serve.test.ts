import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  defaultPlan,
  type Ledger,
  type Logger,
  openLedger,
  type Receipt,
  WorkflowTracker,
} from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { usualLimits } from './limits.js'
import { png } from './media.test-kit.js'
import { type Intake, serve } from './serve.js'

const test = suite('serve')
let folder = ''
test.before.each(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crawler-serve-'))
  await mkdir(join(folder, 'media'))
  for (let i = 1; i <= 20; i += 1) await writeFile(join(folder, 'media', `${i}.png`), png(i, i))
})
test.after.each(() => rm(folder, { recursive: true, force: true }))

const quiet: Logger = { info: () => {}, warn: () => {}, error: () => {} }

const madeAt = '2026-11-24T12:00:00.000Z'

/** The queries are in the payload alone, as the services have them. */
const batch = (id: string, queries: readonly string[] = [join(folder, 'media')]) => ({
  type: 'new_batch',
  context: WorkflowTracker.createBatchContext({ locationId: 'l', batchId: id }, madeAt),
  payload: { locationId: 'l', queries },
})

/** A service that is given messages by hand. */
const withService = async (
  store: string,
  use: (service: { ledger: Ledger; intake: Intake; ended: Promise<void> }) => Promise<void>,
  idleForMs = 60_000,
): Promise<void> => {
  const ledger = await openLedger({ store })
  const stop = new AbortController()
  let ended = Promise.resolve()
  try {
    const intake = await new Promise<Intake>(resolve => {
      ended = serve({
        ledger,
        logger: quiet,
        limits: usualLimits,
        claimMs: 1000,
        idleForMs,
        atOnce: 4,
        signal: stop.signal,
        messages: async given => {
          resolve(given)
          return { ended: new Promise(() => {}), stop: async () => {} }
        },
      })
    })
    await use({ ledger, intake, ended })
    stop.abort()
    await ended
  } finally {
    await ledger.close()
  }
}

const over = async ({ workflows }: Ledger, id: string) => {
  for (;;) {
    const workflow = await workflows.get({ locationId: 'l', batchId: id })
    if (workflow !== undefined && workflow.status !== 'active') return workflow
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

test('a new batch goes through all stages, and a message that comes again changes nothing', async () => {
  await withService('memory:', async ({ ledger, intake }) => {
    assert.is((await intake.handle(batch('a'))).outcome, 'recorded')
    const { status, items, progress, completedStages } = await over(ledger, 'a')
    assert.equal([status, items.found, progress], ['completed', 20, 100])
    assert.equal(completedStages, [...defaultPlan.batch, ...defaultPlan.item])
    assert.is(items.finished, 20)
    const before = await ledger.analytics('l')
    assert.is((await intake.handle(batch('a'))).outcome, 'duplicate')
    assert.is((await intake.handle(batch('a'), { id: 'another' })).outcome, 'unchanged')
    await ledger.caughtUp()
    assert.equal({ ...(await ledger.analytics('l')), generatedAt: '' }, { ...before, generatedAt: '' })
  })
})

test('where no more messages can come, it ends with the reason', async () => {
  const ledger = await openLedger({ store: 'memory:' })
  const failure = new Error('there is no such queue')
  let isStopped = false
  try {
    const served = serve({
      ledger,
      logger: quiet,
      limits: usualLimits,
      claimMs: 1000,
      idleForMs: 60_000,
      atOnce: 4,
      signal: AbortSignal.timeout(5000),
      messages: async () => ({
        ended: Promise.reject(failure),
        stop: async () => {
          isStopped = true
        },
      }),
    })
    const error = await served.catch((reason: unknown) => reason)
    assert.is(error, failure)
    assert.is(isStopped, true)
  } finally {
    await ledger.close()
  }
})

test('a batch that was recorded by a process that died at once is resumed by another', async () => {
  const store = `sqlite:${join(folder, 'a.db')}`
  const dead = await openLedger({ store })
  const receipt: Receipt = await dead.handle(batch('a'))
  assert.is(receipt.outcome, 'recorded')
  await dead.caughtUp()
  await dead.close()
  await withService(
    store,
    async ({ ledger }) => {
      const { status, items, resumes } = await over(ledger, 'a')
      assert.equal([status, items.finished], ['completed', 20])
      assert.ok(resumes >= 1)
    },
    1,
  )
})

test('a batch without a query that can be searched fails, and a message that is none is rejected', async () => {
  await withService('memory:', async ({ ledger, intake }) => {
    assert.is((await intake.handle(batch('a', ['park']))).outcome, 'recorded')
    const { status, errors } = await over(ledger, 'a')
    assert.is(status, 'failed')
    assert.match(errors[0]?.error ?? '', 'absolute paths')
    assert.is((await intake.handle({ type: 'new_batch' })).outcome, 'rejected')
    assert.is((await intake.handle('nonsense')).outcome, 'rejected')
  })
})

test('of several sources one that cannot be read is an error, and the others are crawled', async () => {
  await withService('memory:', async ({ ledger, intake }) => {
    const queries = [join(folder, 'nowhere'), join(folder, 'media')]
    await intake.handle(batch('a', queries))
    const { status, items, errorCount } = await over(ledger, 'a')
    assert.equal([status, items.finished, errorCount], ['completed', 20, 1])
  })
})

test('an item that can never be read is given up, and its batch is completed without it', async () => {
  await writeFile(join(folder, 'media', '7.png'), 'no image')
  await withService('memory:', async ({ ledger, intake }) => {
    await intake.handle(batch('a'))
    const { status, items, errorCount, progress } = await over(ledger, 'a')
    assert.equal([status, errorCount, progress], ['completed', 1, 100])
    assert.equal(items, { found: 20, finished: 20, failing: 0, givenUp: 1 })
  })
})

test('many batches at once are all completed', async () => {
  await withService('memory:', async ({ ledger, intake }) => {
    const ids = Array.from({ length: 10 }, (_, i) => `b${i}`)
    await Promise.all(ids.map(id => intake.handle(batch(id))))
    for (const id of ids) assert.is((await over(ledger, id)).items.finished, 20)
    await ledger.caughtUp()
    assert.is((await ledger.analytics('l'))?.completedWorkflows, 10)
  })
})

test.run()
