import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { onSignal } from './shutdown.js'

const listen = (patienceMs?: number) => {
  const said: string[] = []
  const exits: number[] = []
  let stops = 0
  const say = (message: string) => {
    said.push(message)
  }
  const exited = new Promise<void>(resolve => {
    const exit = (code: number) => {
      exits.push(code)
      resolve()
    }
    onSignal({ info: say, warn: say, error: say }, () => stops++, {
      exit,
      ...(patienceMs === undefined ? {} : { patienceMs }),
    })
  })
  return { said, exits, exited, stops: () => stops }
}

test.after.each(() => {
  process.removeAllListeners('SIGTERM')
  process.removeAllListeners('SIGINT')
})

test('stops once, and a second signal leaves at once', () => {
  const { said, exits, stops } = listen()
  process.emit('SIGTERM', 'SIGTERM')
  assert.equal(exits, [])
  process.emit('SIGINT', 'SIGINT')
  assert.is(stops(), 1)
  assert.equal(exits, [1])
  assert.equal(said, ['closing after SIGTERM', 'leaving at once after another SIGINT'])
})

test('does not wait for ever for what does not end', async () => {
  const alive = setTimeout(() => {}, 10_000)
  const { said, exits, exited } = listen(20)
  process.emit('SIGTERM', 'SIGTERM')
  await exited
  clearTimeout(alive)
  assert.equal(exits, [0])
  assert.is(said[1], 'not all was closed within 20 ms; leaving')
})

test.run()
