import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Claim, ConfigurationError, type Ledger } from '../index.js'
import { collected } from '../messages.test-kit.js'
import { stores } from '../spool/spool.test-kit.js'
import { batch, eventTypes, failure, item, tell, withTeam } from '../team.test-kit.js'

const test = suite('work')
const leaseMs = 60_000
const osaka = { locationId: 'osaka', batchId: 'b' }

const isOfWork = (type: string): boolean => /^Stage(Claimed|Released|Completed)$/.test(type)

const items = (locationId: string, count: number) =>
  Array.from({ length: count }, (_, i) => item(locationId, `${locationId}-${i}`))

/** Asks until something is given. */
const claimed = async ({ work }: Ledger, stage: string, max = 1): Promise<readonly Claim[]> => {
  const deadline = performance.now() + 120_000
  for (;;) {
    const claims = await work.claim({ stage, leaseMs, max })
    if (claims.length > 0) return claims
    assert.ok(performance.now() < deadline, `nothing of ${stage} can be claimed`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

const depthOf = async ({ work }: Ledger) =>
  (await work.depth()).map(({ stage, open, claimed: taken, failed }) => [stage, open, taken, failed])

for (const [name, withStore] of stores) {
  test(`${name}: servers share the items of a batch, stage by stage, and each is worked on once`, () =>
    withTeam(withStore, ['a', 'b', 'c'], async team => {
      const [a] = team as [Ledger]
      const stages = ['download', 'analyse']
      await tell(a, a, [batch('osaka', stages), ...items('osaka', 20)])
      assert.equal(await depthOf(a), [
        ['analyse', 0, 0, 0],
        ['download', 20, 0, 0],
      ])
      assert.equal(await a.work.claim({ stage: 'analyse' }), [])
      assert.equal(await a.work.claim({ stage: 'print' }), [])
      for (const stage of stages) {
        const worked: string[] = []
        await Promise.all(
          team.map(async ledger => {
            while (worked.length < 20) {
              const claims = await ledger.work.claim({ stage, leaseMs, max: 3 })
              worked.push(...claims.map(({ itemId }) => itemId))
              for (const receipt of await Promise.all(claims.map(claim => ledger.work.complete(claim))))
                assert.is(receipt.outcome, 'recorded')
            }
          }),
        )
        assert.is(new Set(worked).size, 20)
        assert.is(worked.length, 20)
        await a.caughtUp()
      }
      const workflow = await a.workflows.get(osaka)
      assert.equal(workflow?.items, { found: 20, finished: 20, failing: 0, givenUp: 0 })
      assert.equal(
        workflow?.stages.map(({ stage, completed, failing, claimed }) => [
          stage,
          completed,
          failing,
          claimed,
        ]),
        [
          ['download', 20, 0, 0],
          ['analyse', 20, 0, 0],
        ],
      )
    }))

  test(`${name}: a claim that expires is given to another, and what comes late counts once`, () =>
    withTeam(withStore, ['a', 'b'], async ([a, b]) => {
      const [slow, quick] = [a as Ledger, b as Ledger]
      await tell(slow, slow, [batch('osaka', ['download']), item('osaka', 'm1')])
      const [first] = await slow.work.claim({ stage: 'download', leaseMs: 100 })
      assert.equal([first?.itemId, first?.server, first?.attempt], ['m1', 'a', 1])
      const [second] = await claimed(quick, 'download')
      assert.equal([second?.itemId, second?.server], ['m1', 'b'])
      assert.ok((first?.until ?? '') < (second?.until ?? ''))
      assert.is(await slow.work.heartbeat(first as Claim), undefined)
      assert.is(await slow.work.release(first as Claim), false)
      assert.is((await slow.work.complete(first as Claim)).outcome, 'recorded')
      // It tells nothing new but when it was told.
      assert.ok(['recorded', 'unchanged'].includes((await quick.work.complete(second as Claim)).outcome))
      assert.is(await quick.work.heartbeat(second as Claim), undefined)
      assert.equal((await eventTypes(slow, osaka)).filter(isOfWork), [
        'StageClaimed',
        'StageReleased',
        'StageClaimed',
        'StageCompleted',
        'StageReleased',
      ])
      await slow.caughtUp()
      assert.equal(
        (await slow.workflows.get(osaka))?.stages.map(({ stage, completed, failing, claimed }) => [
          stage,
          completed,
          failing,
          claimed,
        ]),
        [['download', 1, 0, 0]],
      )
    }))

  test(`${name}: a heartbeat holds a claim, also one that expired and that nobody took`, () =>
    withTeam(withStore, ['a', 'b'], async ([a, b]) => {
      const [one, other] = [a as Ledger, b as Ledger]
      await tell(one, one, [batch('osaka', ['download']), item('osaka', 'm1')])
      const [claim] = await one.work.claim({ stage: 'download', leaseMs: 100 })
      await new Promise(resolve => setTimeout(resolve, 150))
      const held = await one.work.heartbeat(claim as Claim, { leaseMs })
      assert.ok((held?.until ?? '') > (claim?.until ?? ''))
      assert.equal(await other.work.claim({ stage: 'download' }), [])
      assert.is(await one.work.release(held as Claim), true)
      assert.is((await claimed(other, 'download'))[0]?.itemId, 'm1')
      await one.caughtUp()
      const claims = await collected(one.history(osaka))
      assert.equal(
        claims.flatMap(({ event }) => (event.type === 'StageClaimed' ? [event.data.server] : [])),
        ['a', 'a', 'b'],
      )
      assert.is(
        (await one.workflows.get(osaka))?.stages.find(({ stage }) => stage === 'download')?.claimed,
        1,
      )
    }))

  test(`${name}: no location waits for another that has much more`, () =>
    withTeam(withStore, ['a'], async ([a]) => {
      const ledger = a as Ledger
      await tell(ledger, ledger, [
        batch('large', ['download']),
        ...items('large', 12),
        batch('small', ['download']),
        ...items('small', 2),
      ])
      const order: string[] = []
      for (let i = 0; i < 4; i += 1) order.push((await claimed(ledger, 'download'))[0]?.locationId ?? '')
      assert.is(order.filter(locationId => locationId === 'small').length, 2)
    }))

  test(`${name}: what failed is nobody's until it is retried, and then it is another attempt`, () =>
    withTeam(withStore, ['a'], async ([a]) => {
      const ledger = a as Ledger
      await tell(ledger, ledger, [batch('osaka', ['download']), item('osaka', 'm1')])
      await claimed(ledger, 'download')
      await tell(ledger, ledger, [failure('osaka', 'm1', 'download')])
      assert.equal(await depthOf(ledger), [['download', 0, 0, 1]])
      assert.equal(await ledger.work.claim({ stage: 'download' }), [])
      await ledger.recovery.retryFailedStages(osaka)
      await ledger.caughtUp()
      assert.equal(await depthOf(ledger), [['download', 1, 0, 0]])
      assert.is((await claimed(ledger, 'download'))[0]?.attempt, 2)
    }))
}

test('what cannot be asked for is refused', () =>
  withTeam(stores[0]?.[1] as never, ['a'], async ([a]) => {
    const { work } = a as Ledger
    for (const options of [
      { stage: '' },
      { stage: 's', max: 0 },
      { stage: 's', leaseMs: 1 },
      { stage: 's', max: 1.5 },
    ])
      assert.instance(await work.claim(options).catch((error: unknown) => error), ConfigurationError)
  }))

test.run()
