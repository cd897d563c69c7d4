import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { check } from './crawl.test-kit.js'
import type { ErrorData, EventData } from './events.js'
import {
  byTimeOfError,
  countingSide,
  errorData,
  errorKey,
  hasFailed,
  isFailing,
  type KnownError,
  withTold,
} from './known-error.js'
import { KnownErrors } from './known-errors.js'
import { noTime } from './reading.js'

const test = suite('the errors of a subject, counted as they come')

const stages = ['a', 'b'] as const

const telling = fc.record(
  {
    stage: fc.constantFrom(...stages),
    error: fc.constantFrom('x', 'y', 'z'),
    timestamp: fc.constantFrom('2024-05-01T12:00:00.000Z', '2024-05-01T13:00:00.000Z'),
    fatal: fc.boolean(),
    listed: fc.constant(true as const),
    fails: fc.constant(true as const),
  },
  { requiredKeys: ['stage', 'error'] },
)

const retry = fc.record({ retried: fc.constantFrom(undefined, ...stages) })

const told = (errors: KnownErrors, data: EventData['ErrorRecorded']): KnownErrors => {
  const at = data.timestamp === undefined ? noTime : Date.parse(data.timestamp)
  return errors.with(withTold(errors.get(errorKey(data.stage, data.error, at)), data))
}

/** The same questions, answered by walking over all errors. */
const walked = (all: readonly KnownError[], stage: string) => {
  const ofStage = all.filter(error => error.stage === stage)
  const failures = ofStage.flatMap((error): ErrorData[] => {
    const side = countingSide(error, false)
    return side !== undefined && isFailing(error, false) ? [errorData(error, side)] : []
  })
  const sides = [false, true]
  return {
    counting: sides.map(copied => ofStage.filter(one => countingSide(one, copied) !== undefined).length),
    failing: sides.map(copied => ofStage.some(error => isFailing(error, copied))),
    failed: ofStage.filter(hasFailed).length,
    latest: failures.sort(byTimeOfError).at(-1),
  }
}

const asked = (errors: KnownErrors, stage: string) => ({
  counting: [errors.counting(stage, false), errors.counting(stage, true)],
  failing: [errors.isFailing(stage, false), errors.isFailing(stage, true)],
  failed: errors.failed(stage),
  latest: errors.latestFailure(stage),
})

test('whatever is told and retried, they answer as if all of them were walked over', () => {
  check(
    fc.property(fc.array(fc.oneof({ weight: 6, arbitrary: telling }, retry), { maxLength: 20 }), steps => {
      let errors = KnownErrors.empty
      for (const step of steps) {
        const before = errors
        const was = stages.map(stage => asked(before, stage))
        errors = 'error' in step ? told(errors, step) : errors.retried(step.retried)
        const all = [...errors.values()]
        for (const stage of stages) assert.equal(asked(errors, stage), walked(all, stage))
        assert.equal(
          stages.map(stage => asked(before, stage)),
          was,
          'an earlier state stays as it was',
        )
      }
    }),
  )
})

test.run()
