import * as fc from 'fast-check'
import type { Value } from '../json.js'

/** Small alphabets, so that what is told collides. */

/** Undefined: absent. Null says nothing either. */
export const maybe = (values: fc.Arbitrary<Value>, often = 3): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: often, arbitrary: values },
    { weight: 1, arbitrary: fc.constantFrom(undefined, undefined, null) },
  )

export const oddIds = [
  'x1',
  'a/b',
  'void:2',
  'void:',
  '50%',
  'a%2Fb',
  'a%2fb',
  '__proto__',
  'constructor',
  'toString',
  'ü 日本 🗺️',
  ' x ',
  'a:b',
  'line\nfeed',
  'long'.repeat(50),
]

export const defaultStages = [
  'find-location',
  'control',
  'crawl-media',
  'prep-media',
  'analyse-media',
  'enrich-venue',
]

/** Also stages outside of every plan, and those of the plans below. */
export const stage = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...defaultStages) },
  { weight: 1, arbitrary: fc.constantFrom('notify', '__proto__', 'sort', 'rate') },
)

/** Some name the same instant, some none at all. */
export const time = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom(
      '2024-03-01T10:00:00.000Z',
      '2024-03-01T10:00:00Z',
      '2024-03-01T12:00:00.000+02:00',
      '2024-03-01T10:00:00.001Z',
      '2024-03-01T10:00:07.000Z',
      '2024-03-01T10:01:00.000Z',
      '2024-02-29T23:59:59.999Z',
      '2023-12-31T00:00:00.000Z',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Value>(
      undefined,
      null,
      '',
      'yesterday',
      '2024-03-01 10:00:00Z',
      '2024-02-30',
      '2024-02-30T10:00:00.000Z',
      '2024-13-01T10:00:00.000Z',
      1709287200000,
      true,
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('2999-01-01T00:00:00.000Z', '1969-07-20T20:17:00.000Z') },
)

const leaf = fc.constantFrom<Value>(0, 1, 1.5, 'x', 'y', '', true, false, null)

/** Keys that every object has, and nulls inside, which stay. */
export const anything: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: leaf },
  { weight: 1, arbitrary: fc.array(leaf, { maxLength: 2 }).map(list => [...list] as Value) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom('a', 'b', '__proto__', 'toString', 'constructor'), leaf), {
        maxLength: 3,
      })
      .map(entries => Object.fromEntries(entries) as Value),
  },
)

export const figure = fc.constantFrom<Value>(0, 1, 2.5, 2.4, 40, 1000, -1, '7', null, true)

const list = (values: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.array(values, { maxLength: 3 }).map(each => each as Value)

export const queries = fc.oneof(
  { weight: 5, arbitrary: list(fc.constantFrom<Value>('museum', 'park', 'Park', 'é', '__proto__')) },
  {
    weight: 1,
    arbitrary: list(fc.constantFrom<Value>('park', '', ' ', null, 3, true)),
  },
  { weight: 1, arbitrary: fc.constantFrom<Value>('museum', 5) },
)

export const coordinates = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(0, 1, -90), fc.constantFrom(0, 2.5, 180))
      .map(([lat, lng]): Value => ({ lat, lng })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Value>({ lat: 91, lng: 0 }, { lat: 0, lng: -180.5 }, { lat: 1 }, 'here', {
      lat: '1',
      lng: 2,
    }),
  },
)

export const name = fc.constantFrom<Value>('Aquarium', 'Zoo', 'Zoo!', ' ')
export const country = fc.constantFrom<Value>('JP', 'jp', 'GB')

const plans = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom<Value>(
      { batch: ['find-location', 'sort'], item: ['prep-media', 'rate'] },
      { batch: ['find-location'], item: ['crawl-media', 'prep-media', 'analyse-media'] },
      { batch: ['prep-media'], item: ['control'] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Value>(
      { batch: [], item: ['rate'] },
      { batch: ['sort'], item: ['sort'] },
      { batch: ['sort', 'sort'], item: ['rate'] },
      { batch: ['sort', ' '], item: ['rate'] },
      { batch: ['sort'] },
      { batch: 'sort', item: { 0: 'rate' } },
      ['sort'],
      'default',
    ),
  },
)

export const metadata = (withPlans: boolean): fc.Arbitrary<Value> =>
  fc
    .array(
      fc.oneof(
        {
          weight: 4,
          arbitrary: fc.tuple(
            fc.constantFrom('rating', 'tags', 'analysisResults', '__proto__', 'toString', 'constructor'),
            anything,
          ),
        },
        {
          weight: 3,
          arbitrary: fc.tuple(fc.constantFrom('inputQueries', 'queries', 'generatedQueries'), queries),
        },
        { weight: 1, arbitrary: fc.tuple(fc.constant('coordinates'), coordinates) },
        {
          weight: 1,
          arbitrary: fc.tuple(
            fc.constant('mediaInfo'),
            fc.oneof(fc.record({ size: figure, duration: figure }), anything) as fc.Arbitrary<Value>,
          ),
        },
        {
          weight: 1,
          arbitrary: fc.tuple(
            fc.constantFrom('size', 'duration', 'processingTime', 'durationMs'),
            fc.oneof(figure, anything),
          ),
        },
        { weight: withPlans ? 2 : 0, arbitrary: fc.tuple(fc.constant('plan'), plans) },
      ),
      { maxLength: 4 },
    )
    .map(entries => Object.fromEntries(entries) as Value)
