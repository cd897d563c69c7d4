import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { check, delivered, history, projected, recorded } from './crawl.test-kit.js'
import { crawl } from './projection.js'
import type { ViewDocument } from './views/document.js'
import type { LocationDocument } from './views/locations.js'

/** What analytics reads, in a form that does not depend on which stage was heard of first. */
const counts = (documents: ReadonlyMap<string, ViewDocument>) => {
  const { totalMediaItems, activeWorkflows, completedWorkflows, failedWorkflows, errorCount, stages } =
    documents.get('locations:here') as LocationDocument
  const sorted = [...stages].sort((a, b) => (a.stage < b.stage ? -1 : 1))
  return { totalMediaItems, activeWorkflows, completedWorkflows, failedWorkflows, errorCount, stages: sorted }
}

test('no order of arrival and no redelivery changes a count', () => {
  check(
    fc.property(
      history.chain(h => fc.tuple(delivered(h), delivered(h))),
      ([one, other]) => {
        assert.equal(counts(projected(recorded(one))), counts(projected(recorded(other))))
      },
    ),
  )
})

test('the counts are those that a look at the messages gives', () => {
  check(
    fc.property(history.chain(delivered), messages => {
      const bodies = [...new Map(messages.map(m => [m.id, m.body])).values()].flatMap(body =>
        body.type === 'location' ? [] : [body],
      )
      const batches = (of: (body: (typeof bodies)[number]) => boolean) =>
        new Set(bodies.filter(of).map(b => b.batchId))
      const completed = batches(b => b.type === 'workflow-complete')
      const failed = batches(b => b.type === 'error' && b.fatal === true)
      const found = bodies.flatMap(b => (b.type === 'item-found' ? [`${b.batchId}/${b.item.mediaId}`] : []))
      const { stages, ...totals } = counts(projected(recorded(messages)))
      assert.equal(totals, {
        totalMediaItems: new Set(found).size,
        activeWorkflows: [...batches(() => true)].filter(id => !completed.has(id) && !failed.has(id)).length,
        completedWorkflows: completed.size,
        failedWorkflows: [...failed].filter(id => !completed.has(id)).length,
        errorCount: bodies.filter(b => b.type === 'error').length,
      })
      for (const { stage, completed: done, errors } of stages) {
        const all = bodies.filter(b => b.type === 'stage-complete' && b.stage === stage)
        assert.is(done, new Set(all.map(b => JSON.stringify([b.batchId, 'mediaId' in b && b.mediaId]))).size)
        assert.is(errors, bodies.filter(b => b.type === 'error' && b.stage === stage).length)
      }
    }),
  )
})

test('at no time is a counter below 0', () => {
  check(
    fc.property(history.chain(delivered), messages => {
      const commits = recorded(messages)
      for (let end = 1; end <= commits.length; end++) {
        const { stages, ...totals } = counts(projected(commits.slice(0, end), 'locations:here'))
        for (const count of Object.values(totals)) assert.ok(count >= 0)
        for (const { stage: _, ...sums } of stages) for (const sum of Object.values(sums)) assert.ok(sum >= 0)
      }
    }),
    100,
  )
})

test('each document is the fold of the events routed to it and of nothing else', () => {
  check(
    fc.property(history, messages => {
      const commits = recorded(messages)
      const together = projected(commits)
      assert.equal(projected(commits), together, 'folding again gives the same')
      for (const [key, document] of together) {
        const concerned = commits.filter(({ events, place }) =>
          events.some(event =>
            crawl.routes(event, place.stream).some(route => `${route.view}:${route.id}` === key),
          ),
        )
        assert.equal(projected(concerned, key).get(key), document)
      }
    }),
  )
})

test.run()
