import { canonical, deliveriesOf, type Message, modelOf, randomMessages } from '@crawl-ledger/testing'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { check, envelope, projected, recorded } from './crawl.test-kit.js'

const test = suite('the rules, against the model')

const runs = Number(process.env.RULE_RUNS ?? 200)

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

const texts = (documents: Iterable<object>): readonly string[] => [...documents].map(shown).sort()

/** The documents of both sides as texts; they differ where a rule is broken. */
const compare = (messages: readonly Message[], delivered: readonly Message[]): void => {
  const ours = projected(recorded(delivered.map(envelope)))
  const model = modelOf(messages)
  for (const view of ['workflows', 'locations', 'media'] as const) {
    const found = [...ours].filter(([key]) => key.startsWith(`${view}:`)).map(([, document]) => document)
    assert.equal(texts(found), texts(model[view].values()), view)
  }
}

test('any order, each message any number of times, gives what the model says', () => {
  const delivery = randomMessages().chain(messages =>
    deliveriesOf(messages).map(delivered => ({ messages, delivered })),
  )
  check(
    fc.property(delivery, ({ messages, delivered }) => {
      const valid = messages.filter(message => !isNothing(message))
      compare(
        valid,
        delivered.filter(message => !isNothing(message)),
      )
    }),
    runs,
  )
})

/** `saveMediaItem` does nothing without an id and an address. */
const isNothing = ({ type, context }: Message): boolean =>
  type === 'save_media_item' && !(isText(context.itemId) && isText(context.itemUrl))

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== ''

test.run()
