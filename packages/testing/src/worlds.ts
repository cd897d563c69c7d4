import * as fc from 'fast-check'
import { canonical } from './json.js'
import type { Message } from './model/message.js'
import { modelOf } from './model/model.js'
import { deliveriesOf, randomMessages } from './random.js'

/** Random messages, and an order in which they are delivered, some several times. */
export interface World {
  readonly messages: readonly Message[]
  readonly delivered: readonly Message[]
}

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== ''

/** `saveMediaItem` does nothing without an id and an address. */
const isNothing = ({ type, context }: Message): boolean =>
  type === 'save_media_item' && !(isText(context.itemId) && isText(context.itemUrl))

const without = (messages: readonly Message[]): readonly Message[] =>
  messages.filter(message => !isNothing(message))

export const worlds: fc.Arbitrary<World> = randomMessages().chain(messages =>
  deliveriesOf(messages).map(delivered => ({ messages: without(messages), delivered: without(delivered) })),
)

export const randomWorlds = (count: number, seed: number): readonly World[] =>
  fc.sample(worlds, { numRuns: count, seed })

const renamed = (locationId: unknown, suffix: string): unknown =>
  typeof locationId === 'string' && suffix !== ''
    ? `${locationId.slice(0, 200 - suffix.length)}${suffix}`
    : locationId

/** The world with locations of its own, so that it shares a store with others and no document. */
export const apart = ({ messages, delivered }: World, suffix: string): World => {
  const moved = (message: Message): Message => ({
    ...message,
    context: {
      ...message.context,
      locationId: renamed(message.context.locationId, suffix),
    } as Message['context'],
  })
  return { messages: messages.map(moved), delivered: delivered.map(moved) }
}

export const viewNames = ['workflows', 'locations', 'media'] as const

/** Fields that are the store's or our own notes: the model knows nothing of them. */
const isStores = (field: string): boolean =>
  field.startsWith('_') || ['v', 'position', 'version', 'recordedAt'].includes(field)

const withoutUnreadable = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  const { unreadable: _, ...rest } = value as { unreadable?: unknown }
  return rest
}

const shown = (document: object): string => {
  const fields = Object.entries(document)
    .filter(([field]) => !isStores(field))
    .map(([field, value]) => {
      if (field === 'metadata') return [field, withoutUnreadable(value)]
      if (field !== 'context') return [field, value]
      const { metadata, ...rest } = value as { metadata?: unknown }
      return [field, { ...rest, metadata: withoutUnreadable(metadata) }]
    })
  return canonical(Object.fromEntries(fields))
}

/** Documents as texts that two systems can be compared by. */
export const texts = (documents: Iterable<object>): readonly string[] => [...documents].map(shown).sort()

/** What the rules make of a world, by view. */
export const expected = ({ messages }: World): ReadonlyMap<string, readonly string[]> => {
  const model = modelOf(messages)
  return new Map(viewNames.map(view => [view, texts(model[view].values())]))
}
