import type { Receipt } from 'crawl-ledger'
import { BusUnavailable } from 'crawl-ledger/service-bus'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { viaServiceBus } from './via-service-bus.js'

const test = suite('via Service Bus')
const message = { id: 'b', type: 'new_batch', context: { locationId: 'l', batchId: 'b' }, payload: {} }

/** A ledger whose store is away until told otherwise. */
const cutOff = () => {
  let isAway = true
  return {
    comeBack: () => {
      isAway = false
    },
    handle: async (): Promise<Receipt> =>
      isAway ? { outcome: 'unavailable' } : { outcome: 'recorded', position: 1 },
    ping: async () => {
      if (isAway) throw new Error('away')
      return 1
    },
  }
}

test('a store that goes away is told, and the receipt comes when it is back', async () => {
  const ledger = cutOff()
  const via = await viaServiceBus(ledger, {}, new AbortController().signal)
  try {
    let told = 0
    const away = new Promise<void>(resolve =>
      via.whenAway(() => {
        told += 1
        resolve()
      }),
    )
    const receipt = via.handle(message)
    await away
    ledger.comeBack()
    assert.equal(await receipt, { outcome: 'recorded', position: 1 })
    assert.is(told, 1)
  } finally {
    await via.close()
  }
})

test('nobody waits for a store that is away after Ctrl-C', async () => {
  const stop = new AbortController()
  const via = await viaServiceBus(cutOff(), {}, stop.signal)
  try {
    via.whenAway(() => stop.abort())
    assert.equal(await via.handle(message), { outcome: 'unavailable' })
  } finally {
    await via.close()
  }
})

test('a broker that cannot be reached is told so, now and to whoever comes later', async () => {
  const serviceBusConnectionString =
    'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=k;UseDevelopmentEmulator=true'
  const via = await viaServiceBus(cutOff(), { serviceBusConnectionString }, new AbortController().signal)
  try {
    for (const _ of [1, 2]) {
      const error: unknown = await via.handle(message).catch((error: unknown) => error)
      assert.instance(error, BusUnavailable)
    }
  } finally {
    await via.close()
  }
})

test.run()
