import type { RecordedEvent } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { clean, wrapped } from './output.js'
import { historyTable, locationsTable, plural } from './report.js'
import type { LocationRow } from './totals.js'

const test = suite('report')

const row = (id: string, name?: string): LocationRow => ({
  id,
  ...(name === undefined ? {} : { name }),
  countryCode: 'PT',
  totalMediaItems: 1234,
  activeWorkflows: 1,
  completedWorkflows: 22,
  failedWorkflows: 3,
  errors: 4,
  queries: [],
  types: { video: 1000, image: 200, post: 34 },
})

const widthOf = (table: string): number => Math.max(...table.split('\n').map(line => line.length))

test('the table of locations leaves columns out where the terminal is narrow', () => {
  const rows = [row('lisbon-belem-tower', 'Torre de Belém'), row('porto-ribeira')]
  const at = (width: number): string => locationsTable(rows, width)
  for (const width of [120, 80, 60, 40]) assert.ok(widthOf(at(width)) <= width, `${width}`)
  assert.match(at(120), 'Torre de Belém')
  assert.not.match(at(80), 'Torre de Belém')
  assert.match(at(80), 'Country')
  assert.match(at(40), '1,234')
})

test('twenty locations are shown, the rest is counted', () => {
  const rows = Array.from({ length: 25 }, (_, i) => row(`l${i}`))
  const table = locationsTable(rows, 120)
  assert.match(table, 'l19')
  assert.not.match(table, 'l20')
  assert.match(table, /\nand 5 more$/)
  assert.not.match(locationsTable(rows.slice(0, 20), 120), 'more')
})

const event = (position: number, recorded: RecordedEvent['event']): RecordedEvent => ({
  stream: 'l/b',
  partition: 1,
  position,
  version: position,
  recordedAt: '2024-05-11T06:00:00.000Z',
  server: 's',
  messageId: `${position}`,
  event: recorded,
})
const at = '2024-05-11T06:00:00.000Z'

test('a history tells where it leaves events out, and nothing in it drives the terminal', () => {
  const found = event(1, { type: 'ItemFound', v: 2, at, data: { itemId: 'p1' } })
  const failed = event(9, {
    type: 'WorkflowFailed',
    v: 2,
    at,
    data: { from: 'active', failure: { stage: 'control', error: 'red \u001b[31m alert' } },
  })
  const table = historyTable([found], 7, [failed], 120)
  assert.match(table, '2024-05-11 06:00:00')
  assert.match(table, '… 7 more …')
  assert.not.match(table, '\u001b')
  assert.ok(widthOf(historyTable([found], 7, [failed], 60)) <= 60)
  assert.not.match(historyTable([found], 0, [failed], 120), 'more')
})

test('paragraphs are broken between words and keep their indent', () => {
  assert.is(wrapped('  one two three', 9), '  one two\n  three')
  assert.is(wrapped('unbreakable', 5), 'unbreakable')
  assert.is(clean('a\u009b1mb\n'), 'a\ufffd1mb\ufffd')
  assert.is(plural(1, 'message'), '1 message')
  assert.is(plural(1200, 'message'), '1,200 messages')
})

test.run()
