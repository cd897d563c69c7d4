import type { RecordedEvent } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readStory } from './story.js'

const test = suite('story')

async function* history(events: number): AsyncGenerator<RecordedEvent> {
  for (let position = 1; position <= events; position += 1)
    yield {
      stream: 'l/b',
      partition: 1,
      position,
      version: position,
      recordedAt: '2024-05-11T06:00:00.000Z',
      server: 's',
      messageId: `${position}`,
      event: { type: 'ProgressReported', v: 2, at: '2024-05-11T06:00:00.000Z', data: { report: position } },
    }
}

test('a story is the beginning and the end, with a count of what is between', async () => {
  const told = async (events: number) => {
    const { first, leftOut, last } = await readStory(history(events), { atStart: 3, atEnd: 2 })
    return [first.map(each => each.position), leftOut, last.map(each => each.position)]
  }
  assert.equal(await told(0), [[], 0, []])
  assert.equal(await told(2), [[1, 2], 0, []])
  assert.equal(await told(5), [[1, 2, 3], 0, [4, 5]])
  assert.equal(await told(1000), [[1, 2, 3], 995, [999, 1000]])
})

test.run()
