import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { amountOf, coordinatesOf, countryCodeOf, Id, instantOf, isoOf, Text } from './codecs.js'
import { check } from './crawl.test-kit.js'

const read = (text: string): string | undefined => {
  const instant = instantOf(text)
  return Number.isNaN(instant) ? undefined : isoOf(instant)
}

test('an ISO time is the same instant in every form', () => {
  for (const text of [
    '2024-05-01T10:00:00.123Z',
    '2024-05-01t10:00:00.123z',
    '2024-05-01 10:00:00.123Z',
    '2024-05-01T10:00:00,123Z',
    '2024-05-01T10:00:00.123456789Z',
    '2024-05-01T12:00:00.123+02:00',
    '2024-05-01T12:00:00.123 +0200',
    '2024-05-01T04:30:00.123-05:30',
    '2024-05-01 10:00:00.123',
  ])
    assert.is(read(text), '2024-05-01T10:00:00.123Z', text)
  assert.is(read('2024-05-01T12:00+0200'), '2024-05-01T10:00:00.000Z')
  assert.is(read('2024-05-01'), '2024-05-01T00:00:00.000Z')
  assert.is(read('-000001-01-01'), '-000001-01-01T00:00:00.000Z')
  assert.is(read('0050-01-01'), '0050-01-01T00:00:00.000Z')
})

test('a time without a zone is UTC on every server', () => {
  const zone = process.env.TZ
  process.env.TZ = 'Asia/Tokyo'
  try {
    assert.is(read('2024-05-01T12:00:00'), '2024-05-01T12:00:00.000Z')
    assert.is(read('2024-05-01 12:00'), '2024-05-01T12:00:00.000Z')
    assert.is(read('2024-05-01'), '2024-05-01T00:00:00.000Z')
  } finally {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  }
})

test('a day that does not exist is not the next one', () => {
  for (const day of ['2024-02-30', '2023-02-29', '1900-02-29', '2024-04-31', '2024-13-01', '2024-00-10'])
    for (const rest of ['', 'T12:00:00.000Z', ' 12:00']) assert.is(read(day + rest), undefined, day + rest)
  assert.is(read('2024-02-29T12:00:00.000Z'), '2024-02-29T12:00:00.000Z')
  assert.is(read('2000-02-29'), '2000-02-29T00:00:00.000Z')
})

test('midnight is the end of a day, too, and there is no later hour', () => {
  assert.is(read('2024-05-01T24:00:00.000Z'), '2024-05-02T00:00:00.000Z')
  assert.is(read('2024-05-01T24:00'), '2024-05-02T00:00:00.000Z')
  for (const text of ['T24:00:01Z', 'T24:01Z', 'T24:00:00.001Z', 'T25:00Z', 'T12:60Z', 'T12:00:60.000Z'])
    assert.is(read(`2024-05-01${text}`), undefined, text)
})

test('what no date holds is no time', () => {
  assert.is(read('+275760-09-13T00:00:00Z'), '+275760-09-13T00:00:00.000Z')
  for (const text of [
    '+275760-09-13T00:00:00-01:00',
    '+275760-09-13T00:00:00.001Z',
    '-271821-04-20T00:00:00+01:00',
    '+999999-01-01',
    '-000000-01-01',
  ])
    assert.is(read(text), undefined, text)
})

test('what Date.parse would guess at is no time', () => {
  for (const text of ['-0001-01-01', '12024-01-01', '+2024-01-01', '05/01/2024', 'T12:00', 'yesterday', ''])
    assert.is(read(text), undefined, text)
})

test('every instant reads back, whatever its form', () => {
  check(
    fc.property(fc.date({ noInvalidDate: true }), date => {
      const text = date.toISOString()
      assert.is(instantOf(text), date.getTime())
      assert.is(instantOf(text.replace('T', ' ')), date.getTime())
      assert.is(instantOf(text.replace('Z', '')), date.getTime())
    }),
    1000,
  )
})

test('the short way for the usual form reads what the long way reads', () => {
  const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`))
  check(
    fc.property(digits(4), digits(2), digits(2), digits(2), digits(2), digits(2), digits(3), (...parts) => {
      const [year, month, day, hour, minute, second, ms] = parts
      const [date, clock] = [`${year}-${month}-${day}`, `${hour}:${minute}:${second}.${ms}`]
      assert.is(read(`${date}T${clock}Z`), read(`${date} ${clock}`))
    }),
    1000,
  )
})

test('a country code is two letters, in capitals', () => {
  assert.equal(['jp', 'JP', ' gb '].map(countryCodeOf), ['JP', 'JP', 'GB'])
  for (const value of ['jpn', 'j', '', '日本', 'j1', 81, null, ['jp'], undefined])
    assert.is(countryCodeOf(value), undefined)
})

test('coordinates are numbers of degrees, and nothing else is kept with them', () => {
  assert.equal(coordinatesOf({ lat: -90, lng: 180, alt: 3 }), { lat: -90, lng: 180 })
  for (const value of [
    { lat: 90.1, lng: 0 },
    { lat: 0, lng: -180.1 },
    { lat: '1', lng: 2 },
    { lat: 1 },
    [1, 2],
    '1,2',
    null,
    undefined,
  ])
    assert.is(coordinatesOf(value), undefined)
})

test('an amount is a whole number that sums stay exact with', () => {
  assert.equal([0, 1.4, 1.5, 1e300].map(amountOf), [0, 1, 2, Number.MAX_SAFE_INTEGER])
  for (const value of [-1, '5', null, undefined, {}]) assert.is(amountOf(value), undefined)
})

test('an id is any text of 1 to 200 characters that is not only white space', () => {
  for (const id of [
    'a/b',
    '100%',
    'a:b',
    'void:1',
    ' a ',
    '東京',
    '__proto__',
    '$a.b',
    'x'.repeat(200),
    'a\0',
  ])
    assert.ok(Id.is(id), id)
  for (const id of ['', ' \t\n', 'x'.repeat(201), 1, null, undefined]) assert.not(Id.is(id))
  assert.equal(['a', ' ', '', 1].map(Text.is), [true, false, false, false])
})

test.run()
