import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { itemInFile, itemOnWeb, typeOfName } from './media.js'

const test = suite('media')

test('ids are the same for the same place, differ for others, and are names that a ledger takes', () => {
  const id = (url: string) => itemOnWeb(url, 'image').mediaId
  assert.is(id('https://example.org/a/b.png?x=1'), id('https://example.org/a/b.png?x=1'))
  assert.is.not(id('https://example.org/a/b.png?x=1'), id('https://example.org/a/b.png?x=2'))
  assert.match(id('https://example.org/a/b.png?x=/1'), /^b\.png~[0-9a-f]{16}$/)
  assert.match(id('https://example.org/'), /^media~/)
  assert.match(itemInFile('/p/日本 x.png', 'image').mediaId, /^-x\.png~/)
  assert.ok(itemInFile(`/p/${'x'.repeat(5000)}.png`, 'image').mediaId.length < 100)
})

test('types by the name, without regard to case; TypeScript is no video', () => {
  assert.equal(['a.PNG', 'b.mp4', 'c.wav', 'd.ts', 'e.mts', 'png', 'f'].map(typeOfName), [
    'image/png',
    'video/mp4',
    'audio/wav',
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

test.run()
