import { openMongo } from '@crawl-ledger/mongodb'
import { type FaultProxy, faultProxy } from '@crawl-ledger/mongodb/fault-proxy'
import { mongoTestServer } from '@crawl-ledger/mongodb/test-server'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Ledger, Receipt } from '../index.js'
import { batchContext } from '../messages.test-kit.js'
import { ledgerOver } from '../open-ledger.js'

const test = suite('a server that refuses')
const server = mongoTestServer()

interface Scene {
  readonly proxy: FaultProxy
  readonly ledger: Ledger
  readonly lines: readonly string[]
}

let databases = 0

const scene = async (use: (scene: Scene) => Promise<void>): Promise<void> => {
  const proxy = await faultProxy((await server?.url()) ?? '')
  const lines: string[] = []
  const tell = (fields: object, message: string): void => {
    lines.push(`${message}: ${JSON.stringify(fields)}`)
  }
  const logger = { info: tell, warn: tell, error: tell }
  databases += 1
  const store = await openMongo(proxy.url, `refusals-${process.pid}-${databases}`, { partitions: 2 })
  const ledger = ledgerOver(store, 'the store', { project: false, logger, retryForMs: 300 })
  try {
    await use({ proxy, ledger, lines })
  } finally {
    proxy.answer = () => undefined
    await ledger.close()
    await proxy.close()
  }
}

const sent = (ledger: Ledger, count = 20): Promise<readonly Receipt[]> =>
  Promise.all(
    Array.from({ length: count }, (_, i) =>
      ledger.handle({
        id: `m${i}`,
        type: 'error',
        context: batchContext({ locationId: `osaka-${i % 5}` }),
        payload: { error: String(i) },
      }),
    ),
  )

const outcomesOf = (receipts: readonly Receipt[]): readonly string[] => [
  ...new Set(receipts.map(({ outcome }) => outcome)),
]

/** How a server refuses an insert: the whole of it, or each document. */
const refusals = {
  'the command': (code: number) => ({ ok: 0, code, errmsg: 'secret text of the server' }),
  'each document': (code: number, { documents }: { documents?: unknown[] }) => ({
    ok: 1,
    n: 0,
    writeErrors: (documents ?? []).map((_, index) => ({ index, code, errmsg: 'secret text of the server' })),
  }),
} as const

if (server !== undefined) {
  for (const [what, refusal] of Object.entries(refusals)) {
    for (const code of [16500, 14031, 99999, 1])
      test(`${code} for ${what}, twice: every message is recorded in the end`, () =>
        scene(async ({ proxy, ledger }) => {
          let left = 2
          proxy.answer = command => {
            if (command.insert !== 'events' || left === 0) return undefined
            left -= 1
            return refusal(code, command)
          }
          assert.equal(outcomesOf(await sent(ledger)), ['recorded'])
          assert.is(left, 0)
        }))

    for (const [code, sentence] of [
      [16500, /asked for more than it may do/],
      [14031, /no room left on its disk/],
      [13, /has no right to do what was asked/],
      [18, /refuses the user name or the password/],
      [99999, /code 99999/],
    ] as const)
      test(`${code} for ${what}, for good: no message is rejected, and the log tells why`, () =>
        scene(async ({ proxy, ledger, lines }) => {
          proxy.answer = command => (command.insert === 'events' ? refusal(code, command) : undefined)
          const receipts = await sent(ledger)
          assert.equal(outcomesOf(receipts), ['unavailable'])
          assert.match(lines.join('\n'), sentence)
          assert.not.match(lines.join('\n'), /does not answer/)
          assert.not.match(JSON.stringify(receipts), /secret/)
        }))

    test(`a code that speaks of the document, for ${what}: it is rejected without the server’s text`, () =>
      scene(async ({ proxy, ledger }) => {
        proxy.answer = command => (command.insert === 'events' ? refusal(121, command) : undefined)
        const receipts = await sent(ledger, 3)
        assert.equal(outcomesOf(receipts), ['rejected'])
        assert.match(JSON.stringify(receipts), /121, DocumentValidationFailure/)
        assert.not.match(JSON.stringify(receipts), /secret/)
      }))
  }
}

test.run()
