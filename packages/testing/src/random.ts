import * as fc from 'fast-check'
import { type JsonObject, listOf, type Value } from './json.js'
import { itemIdOf, type Message, type MessageType } from './model/message.js'
import { contextOf, errorText, fatal, itemType, more, type NamedItem, type World } from './random/context.js'
import {
  anything,
  coordinates,
  country,
  defaultStages,
  figure,
  maybe,
  metadata,
  name,
  oddIds,
  queries,
  stage,
  time,
} from './random/values.js'

export interface RandomOptions {
  /** How many messages at most; 24 if not said. */
  readonly maxLength?: number
  /** Whether batches may have plans of their own; both, if not said. */
  readonly plans?: boolean
}

const ids = (many: { readonly minLength: number; readonly maxLength: number }): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.constantFrom(...oddIds), many)

const urls = ['https://x.example/1', 'https://x.example/2', 'u/%2F ü']

const worlds = ({ plans }: RandomOptions): fc.Arbitrary<World> =>
  fc
    .record({
      locations: ids({ minLength: 1, maxLength: 2 }),
      batches: ids({ minLength: 2, maxLength: 3 }),
      itemIds: ids({ minLength: 1, maxLength: 2 }),
      withPlans: plans === undefined ? fc.constantFrom(false, false, true) : fc.constant(plans),
    })
    .map(({ locations, batches, itemIds, withPlans }) => ({
      places: batches.map((batchId, at) => ({
        batchId,
        locationId: locations[at % locations.length] ?? '',
      })),
      items: [
        ...urls.map(itemUrl => ({ itemUrl })),
        ...itemIds.map(itemId => ({ itemId })),
        // told what would be made of the first batch and the first address
        { itemId: itemIdOf(batches[0] ?? '', undefined, urls[0]) ?? '' },
        ...itemIds.flatMap(itemId => urls.slice(0, 2).map(itemUrl => ({ itemId, itemUrl }))),
      ],
      withPlans,
    }))

const results = (world: World): fc.Arbitrary<Value> =>
  fc
    .tuple(
      metadata(world.withPlans),
      fc.record({ processingTime: maybe(figure, 1), durationMs: maybe(figure, 1), size: maybe(figure, 1) }),
      fc.record({ locationName: maybe(name, 1), countryCode: maybe(country, 1) }),
      fc.boolean(),
    )
    .map(
      ([told, figures, facts, both]) =>
        ({ ...(told as JsonObject), ...figures, ...(both && facts) }) as Value,
    )

/** What a message of a type says besides its context. */
const payloadOf = (type: MessageType, world: World, item: NamedItem): fc.Arbitrary<Value> => {
  if (type === 'new_batch')
    return fc.record({
      locationName: maybe(name),
      countryCode: maybe(country),
      coordinates: maybe(coordinates, 1),
      queries: maybe(queries),
      priority: maybe(anything, 1),
    }) as fc.Arbitrary<Value>
  if (type === 'item_found')
    return fc
      .tuple(fc.boolean(), metadata(false), maybe(itemType))
      .map(
        ([further, told, type]) =>
          ({ ...(further && (told as JsonObject)), ...item, itemType: type }) as Value,
      )
  if (type === 'stage_complete')
    return maybe(fc.record({ results: maybe(results(world), 6) }) as fc.Arbitrary<Value>, 9)
  if (type === 'error')
    return fc
      .tuple(more, maybe(stage), errorText, maybe(time, 1), fatal)
      .map(([rest, ofStage, error, timestamp, isFatal]): Value => {
        return { ...rest, stage: ofStage, error, timestamp, fatal: isFatal } as JsonObject
      })
  return type.startsWith('save_')
    ? fc.constant(undefined)
    : maybe(anything.map(extra => ({ extra }) as Value))
}

const types: readonly { readonly weight: number; readonly type: MessageType }[] = [
  { weight: 2, type: 'new_batch' },
  { weight: 4, type: 'item_found' },
  { weight: 8, type: 'stage_complete' },
  { weight: 2, type: 'workflow_progress' },
  { weight: 4, type: 'error' },
  { weight: 1, type: 'workflow_complete' },
  { weight: 1, type: 'save_workflow' },
  { weight: 1, type: 'save_location' },
  { weight: 2, type: 'save_media_item' },
]

/** Mostly the stages that the rules expect in such a context, so that workflows complete. */
const stagesOf = (item: NamedItem | undefined): fc.Arbitrary<string> => {
  const expected = item === undefined ? defaultStages.slice(0, 3) : defaultStages.slice(3)
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...expected) }, { weight: 1, arbitrary: stage })
}

/** A context that lists what its own message tells, under times of its own. */
const listing = (context: JsonObject, payload: Value, times: readonly Value[]): object => {
  const { stage = null, error = null } = (payload ?? {}) as JsonObject
  const listed = times.map(timestamp => ({ stage, error, timestamp }))
  return { ...context, errors: [...listOf(context.errors), ...listed] }
}

/** As it would be on the wire: what is undefined is absent. */
const onTheWire = (message: object): Message => JSON.parse(JSON.stringify(message))

/** A location can be saved before it has a batch. */
const withoutBatch = ({ batchId: _, ...context }: JsonObject): JsonObject => context

const messageOf = (world: World): fc.Arbitrary<Message> =>
  fc
    .record({
      type: fc.oneof(...types.map(({ weight, type }) => ({ weight, arbitrary: fc.constant(type) }))),
      item: fc.constantFrom(...world.items),
      other: fc.constantFrom(...world.items),
      ofItem: fc.boolean(),
      alone: fc.boolean(),
      listedAt: fc.array(time, { maxLength: 2 }),
    })
    .chain(({ type, item, other, ofItem, alone, listedAt }) => {
      const own = ofItem && type !== 'new_batch' ? item : undefined
      // An item's context may find its own item, or lack what the payload says, or say something else.
      const found = own === undefined ? item : alone ? {} : other
      return fc
        .tuple(contextOf(world, own, stagesOf(own)), payloadOf(type, world, found))
        .map(([context, payload]) =>
          onTheWire({
            type,
            context:
              type === 'save_location' && alone
                ? withoutBatch(context)
                : type === 'error' && alone
                  ? listing(context, payload, listedAt)
                  : context,
            payload,
          }),
        )
    })

/** Messages of a few workflows, of all kinds; some share an id with another that says something else. */
export const randomMessages = (options: RandomOptions = {}): fc.Arbitrary<readonly Message[]> =>
  worlds(options)
    .chain(world =>
      fc.array(fc.tuple(messageOf(world), fc.option(fc.nat(9), { freq: 12 })), {
        minLength: 1,
        maxLength: options.maxLength ?? 24,
        size: 'max',
      }),
    )
    .map(all =>
      all.map(([message, shared], at) => ({
        ...message,
        id: `m${shared === null ? at : Math.min(shared, at)}`,
      })),
    )

/** The same messages in another order, some of them several times. */
export const deliveriesOf = (messages: readonly Message[]): fc.Arbitrary<readonly Message[]> => {
  if (messages.length === 0) return fc.constant([])
  return fc.array(fc.constantFrom(...messages), { maxLength: messages.length }).chain(again => {
    const all = [...messages, ...again]
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
  })
}
