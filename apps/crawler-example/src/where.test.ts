import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Trouble } from './trouble.js'
import { batchOf, storeOf } from './where.js'

const test = suite('where')
const before = process.cwd()
let folder = ''
test.before.each(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'crawler-where-')))
  process.chdir(folder)
})
test.after.each(async () => {
  process.chdir(before)
  await rm(folder, { recursive: true, force: true })
})

test('the same folder is the same batch, however its path is written', async () => {
  await mkdir('media')
  await symlink('media', 'link')
  const batch = await batchOf({ path: 'media', json: false })
  assert.equal([batch.locationId, batch.queries], ['media', [join(folder, 'media')]])
  for (const path of [join(folder, 'media/'), './media/.', 'link'])
    assert.equal(await batchOf({ path, json: false }), batch)
  const named = await batchOf({ path: 'media', json: false, location: 'l', batch: 'b' })
  assert.equal([named.locationId, named.batchId], ['l', 'b'])
})

test('the same address is the same batch, and its location is the host', async () => {
  const batch = await batchOf({ path: 'https://example.org:8443#top', json: false })
  assert.is(batch.locationId, 'example.org:8443')
  assert.equal(await batchOf({ path: 'HTTPS://Example.org:8443/', json: false }), batch)
})

test('a path that is no folder is told with what to do', async () => {
  await writeFile('file', '')
  const told = (path: string) =>
    batchOf({ path, json: false }).then(String, (error: unknown) => String(error))
  assert.match(await told('nowhere'), 'does not exist. Check the path')
  assert.match(await told('file'), 'is not a folder. Name the folder')
})

test('the option wins over the environment, which wins over a file for each path', async () => {
  const options = { path: 'x', json: false }
  const batch = { locationId: 'a b', batchId: 'c', queries: ['/x'] }
  assert.is(storeOf({ ...options, store: 'memory:' }, { STORE: 'sqlite:y' }, batch), 'memory:')
  assert.is(storeOf(options, { STORE: 'sqlite:y' }, batch), 'sqlite:y')
  assert.match(storeOf(options, { STORE: '' }, batch), /^sqlite:\.crawl-ledger\/crawl-a-b-[0-9a-f]{6}\.db$/)
})

test('where the folder for the file cannot be made, another place is asked for', async () => {
  await writeFile('.crawl-ledger', 'a file is in the way')
  const batch = { locationId: 'l', batchId: 'b', queries: ['/x'] }
  assert.throws(
    () => storeOf({ path: 'x', json: false }, {}, batch),
    (error: unknown) => error instanceof Trouble && error.message.includes('--store sqlite:FILE'),
  )
})

test.run()
