import { strict as assert } from 'node:assert'
import type { ViewDocument } from '@crawl-ledger/domain'
import { DocumentsRefused, type DocumentWrite, StoreRefuses } from '@crawl-ledger/log'
import { suite } from 'uvu'
import { faultProxy } from './fault-proxy.test-kit.js'
import { openMongo } from './open.js'
import { mongoTestServer } from './test-server.js'

const test = suite('documents of views that MongoDB does not take')
const server = mongoTestServer()

const writeOf = (id: string, text = ''): DocumentWrite => ({
  view: 'media',
  document: { _id: id, v: 1, position: 1, text } as ViewDocument,
  expected: undefined,
})

const saving = (writes: readonly DocumentWrite[]) => ({ projection: 'crawl', writes, moves: [] })

const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

const idsIn = (error: unknown): readonly string[] => {
  assert.ok(error instanceof DocumentsRefused, String(error))
  return error.documents.map(({ id }) => id)
}

/** What a server answers that refuses each document with this text in its id. */
const refusal = (
  text: string,
  code: number,
  { documents = [] }: { documents?: readonly { _id?: unknown }[] },
) => ({
  ok: 1,
  n: 0,
  writeErrors: documents.flatMap(({ _id }, index) =>
    String(_id).includes(text) ? [{ index, code, errmsg: 'secret text of the server' }] : [],
  ),
})

if (server !== undefined) {
  test('one that is too long is found among many, and the others are written', async () => {
    const store = await openMongo(await server.url(), `refused_${process.pid}`)
    try {
      const writes = Array.from({ length: 9 }, (_, i) => writeOf(`m${i}`))
      const long = writeOf('long', 'x'.repeat(17 * 1024 * 1024))
      const error = await thrown(store.views.save(saving(writes.toSpliced(5, 0, long))))
      assert.deepEqual(idsIn(error), ['long'])
      const ids = writes.map(({ document }) => document._id)
      assert.equal((await store.views.load('media', ids)).length, ids.length)
    } finally {
      await store.close()
    }
  })

  test('a code that speaks of the document names it without the server’s text; any other one is trouble', async () => {
    const proxy = await faultProxy(await server.url())
    const store = await openMongo(proxy.url, `refused_${process.pid}`)
    try {
      let code = 121
      proxy.answer = command =>
        command.insert === 'media' ? refusal('odd', code, command as { documents?: [] }) : undefined
      const error = await thrown(store.views.save(saving([writeOf('n1'), writeOf('odd'), writeOf('n2')])))
      assert.deepEqual(idsIn(error), ['odd'])
      assert.match(String(error), /121, DocumentValidationFailure/)
      assert.doesNotMatch(String(error), /secret/)
      code = 14031
      assert.ok((await thrown(store.views.save(saving([writeOf('odd')])))) instanceof StoreRefuses)
    } finally {
      await store.close()
      await proxy.close()
    }
  })
}

test.run()
