import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InOrder } from './in-order.js'

test('whatever came in between, the lowest leaves first', () => {
  const steps = fc.array(
    fc.oneof(
      fc.nat(50).map(sequence => ({ sequence })),
      fc.constant('take' as const),
    ),
  )
  fc.assert(
    fc.property(steps, all => {
      const items = new InOrder<{ readonly sequence: number }>()
      const model: number[] = []
      for (const step of all) {
        if (step === 'take') {
          model.sort((a, b) => a - b)
          assert.is(items.first?.sequence, model[0])
          assert.is(items.take()?.sequence, model.shift())
        } else {
          items.add(step)
          model.push(step.sequence)
        }
      }
    }),
  )
})

test.run()
