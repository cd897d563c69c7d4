import { fileURLToPath } from 'node:url'
import { itemIdOf } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { itemInFile, itemOnWeb, itemTypeOf, typeOfName } from './media.js'

const test = suite('media')

test('ids are the same for the same place, differ for others, and are names that a ledger takes', () => {
  const id = (url: string) => itemIdOf('b', itemOnWeb(url, 'image').itemUrl)
  assert.is(id('https://example.org/a/b.png?x=1'), id('https://example.org/a/b.png?x=1'))
  assert.is.not(id('https://example.org/a/b.png?x=1'), id('https://example.org/a/b.png?x=2'))
  assert.match(id('https://example.org/a/b.png?x=/1'), /^item_[0-9a-f]{16}$/)
  const inFile = (path: string) => itemInFile(path, 'image').itemUrl
  assert.is(fileURLToPath(inFile('/p/日本 x#1?.png')), '/p/日本 x#1?.png')
  assert.ok(itemIdOf('b', inFile(`/p/${'x'.repeat(5000)}.png`)).length < 100)
})

test('sound is a post, for items know of images, videos and posts; what is no media file is none', () => {
  assert.equal(['image/png', 'video/mp4', 'audio/wav', 'text/html', undefined].map(itemTypeOf), [
    'image',
    'video',
    'post',
    undefined,
    undefined,
  ])
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
