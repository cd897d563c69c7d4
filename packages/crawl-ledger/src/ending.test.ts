import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Ending } from './ending.js'

const test = suite('the end of a program')

const listen = (limitMs?: number) => {
  const said: string[] = []
  let leave = (_: number): void => {}
  const left = new Promise<number>(resolve => {
    leave = resolve
  })
  const say = (sentence: string): void => {
    said.push(sentence)
  }
  const ending = new Ending({
    log: { info: say, warn: say },
    exit: code => leave(code),
    ...(limitMs === undefined ? {} : { limitMs }),
  })
  return { ending, said, left }
}

test.after.each(() => {
  process.removeAllListeners('SIGTERM')
  process.removeAllListeners('SIGINT')
})

test('closes the last first, each also where another fails, and then listens no more', async () => {
  const { ending, said } = listen()
  const closed: string[] = []
  ending.opened('a', () => closed.push('a'))
  ending.opened('b', async () => {
    throw new Error('b fails')
  })
  ending.opened('c', () => closed.push('c'))
  process.emit('SIGTERM', 'SIGTERM')
  await ending.asked()
  await ending.close().then(
    () => assert.unreachable(),
    error => assert.match(error.message, 'b fails'),
  )
  assert.equal(closed, ['c', 'a'])
  assert.equal(said, ['closing after SIGTERM'])
  assert.is(process.listenerCount('SIGTERM') + process.listenerCount('SIGINT'), 0)
})

test('says at the limit what it did not wait for, and leaves with a code that tells', async () => {
  const { ending, said, left } = listen(1)
  ending.opened('the store', () => {})
  ending.opened('the broker', () => new Promise(() => {}))
  ending.opened('the server', () => {})
  process.emit('SIGTERM', 'SIGTERM')
  // The limit keeps no process alive.
  const alive = setInterval(() => {}, 1000)
  try {
    void ending.close()
    assert.is(await left, 143)
    assert.match(said[1] ?? '', /not closed within 1 ms: the broker, the store\. .*leaving with 143/)
  } finally {
    clearInterval(alive)
  }
})

test('the same press twice is one, and another signal leaves at once', async () => {
  const { ending, said, left } = listen()
  const alive = setInterval(() => process.emit('SIGINT', 'SIGINT'), 50)
  try {
    process.emit('SIGTERM', 'SIGTERM')
    process.emit('SIGTERM', 'SIGTERM')
    assert.equal(said, ['closing after SIGTERM'])
    assert.is(await left, 130)
    assert.is(said[1], 'leaving at once after another SIGINT')
  } finally {
    clearInterval(alive)
    await ending.close()
  }
})

test.run()
