import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readPage } from './page.js'

const test = suite('page')
const at = 'https://example.org/dir/page.html'
const media = (html: string): readonly string[] =>
  readPage(html, at).media.map(
    ({ itemType, itemUrl }) => `${itemType} ${itemUrl.replace('https://example.org', '')}`,
  )

test('media by img, srcset, picture, video, audio, source, Open Graph and links', () => {
  assert.equal(
    media(`<meta property="og:image" content="/og.jpg"><meta property="og:title" content="no">
      <img src=a.png srcset="a.png 1x, a2.png 2x">
      <picture><source srcset="b.webp 100w, b2.webp 200w"><img src="b.png"></picture>
      <video src="v.mp4" poster="p.jpg"><source src="v.webm" type="video/webm"><source src="v"></video>
      <audio><source src="s.ogg"></audio>
      <a href="song.mp3">song</a><a href="paper.pdf">paper</a>`),
    [
      'image /og.jpg',
      'image /dir/a.png',
      'image /dir/a2.png',
      'image /dir/b.webp',
      'image /dir/b2.webp',
      'image /dir/b.png',
      'video /dir/v.mp4',
      'image /dir/p.jpg',
      'video /dir/v.webm',
      'video /dir/v',
      'post /dir/s.ogg',
      'post /dir/song.mp3',
    ],
  )
})

test('links without their fragments, each once, and only those of the web', () => {
  const { links } = readPage(
    '<a href="x#1"><a href="x#2"><a href="//other.example/"><a href="mailto:a@b.c"><a href=""><a><a href="http://[">',
    at,
  )
  assert.equal(links, ['https://example.org/dir/x', 'https://other.example/'])
})

test('base moves what is relative; images in the page itself are none', () => {
  assert.equal(media('<base href="/elsewhere/"><img src=a.png><img src="data:image/png;base64,AAAA">'), [
    'image /elsewhere/a.png',
  ])
})

test('what is no HTML has nothing', () => {
  assert.equal(readPage('\u0000\u0001<<<>&', at), { links: [], media: [] })
})

test.run()
