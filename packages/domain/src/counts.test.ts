import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { addRows, type Change, isNothing, minus, otherStages, sortRows, stagesKept, Tally } from './counts.js'
import { check } from './crawl.test-kit.js'
import { defaultPlan } from './plan.js'

type Rows = Parameters<typeof addRows>[1]

const added = (...all: readonly Rows[]) =>
  all.reduce<ReturnType<typeof addRows>>((rows, one) => addRows(rows, one, defaultPlan), [])

test('rows are in the order of the plan, others after them as text', () => {
  const rows = added(['b', 'enrich-venue', 'a', 'Z', 'control'].map(stage => ({ stage, errors: 1 })))
  assert.equal(
    rows.map(({ stage }) => stage),
    ['control', 'enrich-venue', 'Z', 'a', 'b'],
  )
})

test('figures are summed by stage, and a row of nothing is no row', () => {
  const rows = added(
    [{ stage: 'a', completed: 1, durationMs: 5 }],
    [{ stage: 'a', completed: 1, sizeBytes: 7 }],
  )
  const figures = { completed: 2, failing: 0, claimed: 0, errors: 0, durationMs: 5, sizeBytes: 7 }
  assert.equal(rows, [{ stage: 'a', ...figures }])
  assert.equal(added([{ stage: 'a', claimed: 1 }], [{ stage: 'a', claimed: -1 }]), [])
  assert.equal(added([{ stage: 'a' }]), [])
})

test('a plan that comes late puts the rows in its own order', () => {
  const rows = added([
    { stage: 'a', errors: 1 },
    { stage: 'b', errors: 1 },
  ])
  assert.equal(
    sortRows(rows, { batch: ['b'], item: ['a'] }).map(({ stage }) => stage),
    ['b', 'a'],
  )
})

test('beyond 100 stages the last are one row: nothing of them is lost', () => {
  const stages = Array.from({ length: 130 }, (_, i) => ({
    stage: `s${String(i).padStart(3, '0')}`,
    errors: 1,
  }))
  const rows = added(stages)
  assert.is(rows.length, stagesKept + 1)
  assert.equal([rows[99]?.stage, rows[100]?.stage, rows[100]?.errors], ['s099', otherStages, 30])
})

test('beyond 100 stages any order and any parting gives the same rows', () => {
  const stage = fc
    .nat(160)
    .map(i => (i < 6 ? ([...defaultPlan.batch, ...defaultPlan.item][i] ?? '') : `s${i}`))
  const row = fc.record({ stage, errors: fc.integer({ min: 1, max: 9 }), completed: fc.nat(3) })
  const dealt = fc
    .array(row, { minLength: 100, maxLength: 400, size: 'max' })
    .chain(all =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
        fc.integer({ min: 1, max: 50 }),
      ),
    )
  const parted = (all: Rows, size: number): Rows[] =>
    Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
  check(
    fc.property(dealt, ([all, shuffled, size]) => {
      assert.equal(added(...parted(shuffled, size)), added(all))
      assert.equal(added(...parted(all, 1)), added(all))
    }),
    50,
  )
})

const change: fc.Arbitrary<Change> = fc.record(
  {
    rows: fc.array(
      fc.record(
        { stage: fc.constantFrom('a', 'b', '__proto__'), completed: fc.nat(3), errors: fc.nat(3) },
        { requiredKeys: ['stage'] },
      ),
      { maxLength: 3 },
    ),
    found: fc.nat(3),
    failing: fc.nat(3),
    behind: fc.array(fc.record({ stage: fc.constantFrom('a', 'b'), items: fc.nat(3) }), { maxLength: 2 }),
    types: fc.record({ video: fc.nat(2), other: fc.nat(2) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
)

/** A change in one form, whatever the order in which it was summed up. */
const sorted = ({ rows, behind, ...rest }: Change): Change => ({
  ...rest,
  ...(rows === undefined ? {} : { rows: rows.toSorted((a, b) => (a.stage < b.stage ? -1 : 1)) }),
  ...(behind === undefined ? {} : { behind: behind.toSorted((a, b) => (a.stage < b.stage ? -1 : 1)) }),
})

test('what is missing, added to what is there, makes the whole', () => {
  check(
    fc.property(change, change, (a, b) => {
      const whole = new Tally().add(b).add(minus(a, b)).sum()
      assert.equal(sorted(whole), sorted(new Tally().add(a).sum()))
      assert.ok(isNothing(minus(a, a)))
    }),
    500,
  )
})

test('sums do not depend on the order', () => {
  check(
    fc.property(change, change, change, (a, b, c) =>
      assert.equal(
        sorted(new Tally().add(a).add(b).add(c).sum()),
        sorted(new Tally().add(c).add(a).add(b).sum()),
      ),
    ),
  )
})

test('figures that come to nothing are absent', () => {
  assert.equal(new Tally().add({ found: 1, rows: [{ stage: 'a', errors: 1 }] }).sum(), {
    found: 1,
    rows: [{ errors: 1, stage: 'a' }],
  })
  assert.equal(minus({ found: 1, errors: 2 }, { found: 1 }), { errors: 2 })
  assert.ok(isNothing({}))
})

test.run()
