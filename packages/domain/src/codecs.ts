import * as t from 'io-ts'

/** A codec that refines `base`; its name is what a rejection tells the reader was expected. */
const refined = <A>(
  base: t.Type<A, A, unknown>,
  holds: (value: A) => boolean,
  name: string,
): t.Type<A, A, unknown> => {
  const is = (input: unknown): input is A => base.is(input) && holds(input)
  return new t.Type<A, A, unknown>(
    name,
    is,
    (input, context) => (is(input) ? t.success(input) : t.failure(input, context)),
    t.identity,
  )
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const badInName = /[/\u0000-\u001f\u007f-\u009f]/

/** The name of a thing. It becomes part of keys: `/` separates them and `void:` marks filled holes. */
export const Name = refined(
  t.string,
  s => s.length > 0 && s.length <= 200 && !badInName.test(s) && !s.startsWith('void:'),
  'a text of 1 to 200 characters without "/" or control characters that does not begin with "void:"',
)

const iso =
  /^(?:\d{4}|\+\d{6}|-(?!0{6})\d{6})-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/
const zone = /(?:Z|[+-]\d\d:?\d\d)$/

/**
 * An ISO time as milliseconds, NaN if the text is none. Without a zone it is UTC and not local time,
 * for a message must mean the same on every server.
 */
export const instantOf = (text: string): number => {
  if (!iso.test(text)) return Number.NaN
  return Date.parse(text.includes('T') && !zone.test(text) ? `${text}Z` : text)
}

export const IsoTime = refined(
  t.string,
  s => !Number.isNaN(instantOf(s)),
  'an ISO 8601 time such as "2024-05-01T12:00:00Z"',
)

export const CountryCode = refined(
  t.string,
  s => /^[A-Z]{2}$/.test(s),
  'a country code of two capital letters (ISO 3166-1 alpha-2)',
)

const between = (low: number, high: number, name: string) =>
  refined(t.number, n => n >= low && n <= high, name)

export const Percent = between(0, 100, 'a number from 0 to 100')
export const Latitude = between(-90, 90, 'a number from -90 to 90')
export const Longitude = between(-180, 180, 'a number from -180 to 180')
export const Amount = between(0, Number.MAX_SAFE_INTEGER, 'a number of 0 or more')
export const Count = refined(t.number, n => Number.isSafeInteger(n) && n >= 0, 'a whole number of 0 or more')
export const Text = refined(t.string, () => true, 'a text')
export const Flag = refined(t.boolean, () => true, 'true or false')

const isRecord = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const Anything = refined<unknown>(t.unknown, () => true, 'any value')

export const AnyObject = refined(
  new t.Type<{ [key: string]: unknown }>('object', isRecord, t.success as never, t.identity),
  () => true,
  'an object',
)

/** An object with these fields, some of them optional. Further fields are kept. */
export const fields = <R extends t.Props, O extends t.Props>(required: R, optional: O) =>
  t.intersection([t.type(required), t.partial(optional)])
