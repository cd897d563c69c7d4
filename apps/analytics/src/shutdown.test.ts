import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { untilStopped } from './shutdown.js'

const listen = (close: () => Promise<void>, patienceMs?: number) => {
  const said: string[] = []
  const say = (message: string) => {
    said.push(message)
  }
  return { said, stopped: untilStopped({ info: say, warn: say }, close, patienceMs) }
}

test.after.each(() => {
  process.removeAllListeners('SIGTERM')
  process.removeAllListeners('SIGINT')
})

test('closes once, however often it is told to stop', async () => {
  let closed = 0
  const { said, stopped } = listen(async () => {
    closed++
  })
  process.emit('SIGTERM', 'SIGTERM')
  process.emit('SIGINT', 'SIGINT')
  await stopped
  assert.is(closed, 1)
  assert.equal(said, ['closing after SIGTERM'])
})

test('does not wait for ever for what does not close', async () => {
  const alive = setTimeout(() => {}, 10_000)
  const { said, stopped } = listen(() => new Promise(() => {}), 20)
  process.emit('SIGINT', 'SIGINT')
  await stopped
  clearTimeout(alive)
  assert.equal(said, ['closing after SIGINT', 'not all was closed within 20 ms; leaving'])
})

test('tells that closing failed', async () => {
  const { stopped } = listen(() => Promise.reject(new Error('broken')))
  process.emit('SIGTERM', 'SIGTERM')
  await stopped.then(
    () => assert.unreachable(),
    error => assert.is(error.message, 'broken'),
  )
})

test.run()
