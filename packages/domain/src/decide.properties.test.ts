import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { check, decided, history, next } from './crawl.test-kit.js'
import { evolve, initialState } from './evolve.js'

test('any messages in any order give a state that the rules allow', () => {
  check(
    fc.property(history, messages => {
      let state = initialState
      for (const [i, sent] of messages.entries()) {
        const after = next(state, sent)
        assert.ok(after.progress >= state.progress && after.progress <= 100)
        assert.is.not(after.status, 'unknown')
        if (state.status === 'completed') assert.is(after.status, 'completed')
        const soFar = messages.slice(0, i + 1).map(m => m.body)
        assert.equal(
          [...after.media],
          [...new Set(soFar.flatMap(m => (m.type === 'item-found' ? [m.item.mediaId] : [])))],
        )
        assert.not(
          [...after.failed].some(key => after.done.has(key)),
          'a stage is done or failed, not both',
        )
        state = after
      }
    }),
  )
})

test('a message that comes again at once says nothing new, unless it is an error', () => {
  check(
    fc.property(history, messages => {
      let state = initialState
      for (const sent of messages) {
        state = next(state, sent)
        const again = decided(state, sent).map(event => event.type)
        assert.equal(again, sent.body.type === 'error' ? ['ErrorRecorded'] : [])
      }
    }),
  )
})

test('what said nothing new says nothing new later: it left no id behind to know it by', () => {
  // But a new batch: when another description came since, an old one is a change back.
  check(
    fc.property(history, messages => {
      let state = initialState
      const idle = new Set<(typeof messages)[number]>()
      for (const sent of messages) {
        if (decided(state, sent).length === 0 && sent.body.type !== 'new-batch') idle.add(sent)
        state = next(state, sent)
        for (const old of idle) assert.equal(decided(state, old), [])
      }
    }),
  )
})

test('deciding and folding depend on nothing but what they are given', () => {
  check(
    fc.property(history, messages => {
      const events = () => {
        let state = initialState
        return messages.flatMap(sent => {
          const caused = decided(state, sent)
          state = caused.reduce(evolve, state)
          return caused
        })
      }
      const once = events()
      assert.equal(events(), once)
      const states = [once, once].map(all => all.reduce(evolve, initialState))
      assert.equal([...(states[0]?.media ?? [])], [...(states[1]?.media ?? [])])
      assert.equal(states[0], states[1])
    }),
  )
})

test.run()
