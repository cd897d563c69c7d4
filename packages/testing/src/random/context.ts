import * as fc from 'fast-check'
import type { JsonObject, Value } from '../json.js'
import { anything, country, defaultStages, maybe, metadata, name, stage, time } from './values.js'

/** The few places, batches and items that the messages of one run are about. */
export interface World {
  readonly places: readonly { readonly locationId: string; readonly batchId: string }[]
  readonly items: readonly NamedItem[]
  readonly withPlans: boolean
}

/** Named by its address, its id or both. */
export interface NamedItem {
  readonly itemUrl?: string
  readonly itemId?: string
}

export const errorText = fc.constantFrom('timeout', 'not found', 'é')
export const fatal = fc.constantFrom<Value>(undefined, undefined, true, false, false, null, 'yes', 1)

/** What else an error comes with. */
export const more = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom('code', 'retryable', 'toString', '__proto__'), anything), {
        maxLength: 2,
      })
      .map(entries => Object.fromEntries(entries)),
  },
)

const entry = fc
  .tuple(more, maybe(stage), fc.oneof({ weight: 9, arbitrary: errorText }, anything), maybe(time), fatal)
  .map(
    ([rest, ofStage, error, timestamp, isFatal]): JsonObject =>
      ({ ...rest, stage: ofStage, error, timestamp, fatal: isFatal }) as JsonObject,
  )

const errors = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: fc.array(entry, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom<Value>([], null, ['x', null]) },
) as fc.Arbitrary<Value>

const completedStages = fc.oneof(
  { weight: 3, arbitrary: fc.nat(6).map(count => defaultStages.slice(0, count)) },
  { weight: 2, arbitrary: fc.array(stage, { maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Value>(undefined, null, [' ', 'control'], ['prep-media', 'prep-media']),
  },
) as fc.Arbitrary<Value>

const unknownFields = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom('query', 'priority', 'toString', '__proto__'), anything), {
        maxLength: 2,
      })
      .map(entries => Object.fromEntries(entries)),
  },
)

export const itemType = fc.constantFrom<Value>('video', 'image', 'post', 'reel', 'constructor')

/** A context, of the batch or of the item that is given. */
export const contextOf = (
  world: World,
  item: NamedItem | undefined,
  stages: fc.Arbitrary<string> = stage,
): fc.Arbitrary<JsonObject> =>
  fc
    .record({
      place: fc.constantFrom(...world.places),
      stage: stages,
      timestamp: time,
      locationName: maybe(name, 1),
      countryCode: maybe(country, 1),
      completedStages,
      metadata: maybe(metadata(world.withPlans), 9),
      errors,
      itemType: item === undefined ? fc.constantFrom(undefined, null) : maybe(itemType, 1),
      // A batch's context may say that it has no item.
      none: fc.constantFrom<Value>(undefined, undefined, undefined, null, ' '),
      unknown: unknownFields,
    })
    .map(({ place, none, unknown, ...fields }): JsonObject => {
      const { itemUrl = none, itemId = none } = item ?? {}
      return { ...unknown, ...place, ...fields, itemUrl, itemId } as JsonObject
    })
