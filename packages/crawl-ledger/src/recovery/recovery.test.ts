import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConfigurationError, type Ledger } from '../index.js'
import { batchContext, urlOf } from '../messages.test-kit.js'
import { stores } from '../spool/spool.test-kit.js'
import { batch, done, eventTypes, failure, item, tell, withTeam } from '../team.test-kit.js'

const test = suite('recovery')

const refOf = (locationId: string) => ({ locationId, batchId: 'b' })
const osaka = refOf('osaka')

/** One item is through, one failed, one not begun. */
const interrupted = [
  batch('osaka', ['download', 'analyse']),
  item('osaka', 'm1'),
  item('osaka', 'm2'),
  item('osaka', 'm3'),
  done('osaka', 'm1', 'download'),
  done('osaka', 'm1', 'analyse'),
  failure('osaka', 'm2', 'download'),
  failure('osaka', 'm2', 'download', 'no answer again'),
]

for (const [name, withStore] of stores) {
  test(`${name}: what is interrupted is found, with its version`, () =>
    withTeam(withStore, ['a'], async ([a]) => {
      const { handlers, recovery, caughtUp } = a as Ledger
      await tell(a as Ledger, a as Ledger, [...interrupted, item('over', 'm')])
      await handlers.logWorkflowComplete(batchContext(refOf('over')))
      await caughtUp()
      const found = await recovery.findInterrupted({ idleForMs: 0 })
      assert.equal(
        found.map(({ key, version }) => [key, version]),
        [['osaka/b', interrupted.length]],
      )
      assert.equal(await recovery.findInterrupted({ idleForMs: 60_000 }), [])
      assert.equal(await recovery.findInterrupted({ idleForMs: 0, after: 'osaka/b' }), [])
      const refused = await recovery.findInterrupted({ idleForMs: -1 }).catch((error: unknown) => error)
      assert.instance(refused, ConfigurationError)
    }))

  test(`${name}: a workflow is resumed with all that is known of it`, () =>
    withTeam(withStore, ['a'], async ([a]) => {
      const ledger = a as Ledger
      await tell(ledger, ledger, interrupted)
      const [found] = await ledger.recovery.findInterrupted({ idleForMs: 0 })
      const resumed = await ledger.recovery.resume(osaka, { version: found?.version ?? 0 })
      assert.is(resumed?.workflow.status, 'active')
      assert.is(resumed?.workflow.resumes, 1)
      assert.equal(resumed?.context, resumed?.workflow.context)
      assert.equal(resumed?.failed, [])
      assert.equal(
        resumed?.items.map(({ item: { itemId }, context, failed }) => [
          itemId,
          context.itemUrl,
          context.stage,
          context.completedStages,
          failed.map(({ stage, attempt, error }) => [stage, attempt, error?.error, error?.more]),
        ]),
        [
          ['m1', urlOf('m1'), 'analyse', ['crawl-media', 'download', 'analyse'], []],
          [
            'm2',
            urlOf('m2'),
            'download',
            ['crawl-media'],
            [['download', 2, 'no answer again', { code: 'E', url: 'http://m2' }]],
          ],
          ['m3', urlOf('m3'), 'download', ['crawl-media'], []],
        ],
      )
      // Whoever looked at it before that is too late, and so is a version that never was.
      assert.is(await ledger.recovery.resume(osaka, { version: found?.version ?? 0 }), undefined)
      assert.is(await ledger.recovery.resume(osaka, { version: 1000 }), undefined)
      assert.is(await ledger.recovery.resume(refOf('nobody'), { version: 0 }), undefined)
    }))

  test(`${name}: services that start together share what is interrupted, and none is resumed twice`, () =>
    withTeam(withStore, ['a', 'b', 'c'], async team => {
      const [a] = team as [Ledger]
      const ids = Array.from({ length: 12 }, (_, i) => `place-${i}`)
      await tell(
        a,
        a,
        ids.map(id => item(id, 'm')),
      )
      const taken = await Promise.all(
        team.map(async ({ recovery }) => {
          const mine: string[] = []
          for await (const { workflow } of recovery.resumeAll({ idleForMs: 0 })) mine.push(workflow._id)
          return mine
        }),
      )
      // One that has been resumed is not idle, but with no time at all to be idle for it may be found again.
      for (const id of ids) assert.ok(taken.flat().includes(`${id}/b`))
      for (const id of ids) {
        const events = await eventTypes(a, refOf(id))
        assert.is(
          events.filter(type => type === 'WorkflowResumed').length,
          taken.flat().filter(one => one === `${id}/b`).length,
        )
      }
    }))

  test(`${name}: of many who resume the same version one wins`, () =>
    withTeam(withStore, ['a', 'b', 'c', 'd'], async team => {
      const [a] = team as [Ledger]
      await tell(a, a, interrupted)
      for (let round = 0; round < 5; round += 1) {
        const version = interrupted.length + round
        const contexts = await Promise.all(team.map(({ recovery }) => recovery.resume(osaka, { version })))
        assert.is(contexts.filter(context => context !== undefined).length, 1)
      }
    }))

  test(`${name}: what failed is open again, once, with the failure it had`, () =>
    withTeam(withStore, ['a', 'b'], async ([a, b]) => {
      const [one, other] = [a as Ledger, b as Ledger]
      const fatal = { type: 'error', context: batchContext(osaka), payload: { error: 'x', fatal: true } }
      await tell(one, one, [...interrupted, failure('osaka', 'm3', 'analyse'), fatal])
      const retries = await Promise.all([
        one.recovery.retryFailedStages(osaka),
        other.recovery.retryFailedStages(osaka),
      ])
      assert.equal(
        retries
          .flat()
          .map(({ stage, itemId, attempt, nextAttempt, error, context }) => [
            stage,
            itemId,
            attempt,
            nextAttempt,
            error?.more?.url,
            context.itemId,
          ])
          .sort(),
        [
          ['analyse', 'm3', 1, 2, 'http://m3', 'm3'],
          ['crawl-media', undefined, 1, 2, undefined, undefined],
          ['download', 'm2', 2, 3, 'http://m2', 'm2'],
        ],
      )
      assert.equal(await one.recovery.retryFailedStages(osaka), [])
      await one.caughtUp()
      assert.is((await one.workflows.get(osaka))?.status, 'active')
      const location = await one.locations.get('osaka')
      assert.equal([location?.activeWorkflows, location?.failedWorkflows], [1, 0])
      await tell(one, one, [failure('osaka', 'm2', 'download', 'no answer at all')])
      const item = await one.media.get({ ...osaka, itemId: 'm2' })
      assert.equal(
        item?.stages.map(({ stage, failing, errors }) => [stage, failing, errors]),
        [['download', 1, 3]],
      )
      assert.equal(await other.recovery.retryFailedStages(osaka, { stages: ['analyse'] }), [])
    }))

  test(`${name}: what failed of a completed workflow can be claimed again, and it is completed once more`, () =>
    withTeam(withStore, ['a'], async ([a]) => {
      const one = a as Ledger
      const completed = (timestamp: string) => ({
        type: 'workflow_complete',
        context: batchContext({ ...osaka, timestamp }),
      })
      await tell(one, one, [...interrupted, completed('2024-05-01T13:00:00.000Z')])
      assert.equal(
        (await one.recovery.retryFailedStages(osaka)).map(({ itemId }) => itemId),
        ['m2'],
      )
      await one.caughtUp()
      const counts = async () => {
        const location = await one.locations.get('osaka')
        return [location?.activeWorkflows, location?.completedWorkflows]
      }
      assert.equal(await counts(), [1, 0])
      const [claim] = await one.work.claim({ stage: 'download', max: 1 })
      assert.is(claim?.itemId, 'm2')
      await tell(one, one, [completed('2024-05-01T14:00:00.000Z')])
      assert.equal(await counts(), [0, 1])
    }))
}

test.run()
