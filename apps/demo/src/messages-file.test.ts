import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FileError, type Line, openMessages, splitLines } from './messages-file.js'

const test = suite('messages-file')
let folder = ''
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-file-'))
})
test.after(() => rm(folder, { recursive: true, force: true }))

const stored = async (name: string, content: string | Buffer): Promise<string> => {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

const told = (line: Line): string => `${line.number}: ${'text' in line ? line.text : line.problem}`

const read = async (lines: AsyncIterable<Line>): Promise<{ lines: string[]; error?: unknown }> => {
  const all: string[] = []
  try {
    for await (const line of lines) all.push(told(line))
    return { lines: all }
  } catch (error) {
    return { lines: all, error }
  }
}

const chunked = async function* (text: string | Buffer, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
}

const message = (error: unknown): string => (error instanceof FileError ? error.message : `${error}`)

test('lines keep their numbers, wherever the chunks are cut', async () => {
  const text = '\ufeff{"a":"ü€😀"}\r\n\n  \n[1]\nlast'
  for (const size of [1, 2, 3, 5, 100]) {
    const { lines } = await read(splitLines(chunked(text, size)))
    assert.equal(lines, ['1: {"a":"ü€😀"}', '4: [1]', '5: last'])
  }
  assert.equal((await read(splitLines(chunked('', 1)))).lines, [])
  assert.equal((await read(splitLines(chunked('a\n', 1)))).lines, ['1: a'])
})

test('a line that is too long or no UTF-8 is a problem of its own', async () => {
  const text = Buffer.concat([
    Buffer.from('ok\n123456\n12345\n'),
    Buffer.from([0xff, 0x0a]),
    Buffer.from('ok'),
  ])
  for (const size of [1, 4, 100]) {
    const { lines } = await read(splitLines(chunked(text, size), 5))
    assert.equal(lines, [
      '1: ok',
      '2: the line has 6 bytes, a message has at most 16 MiB',
      '3: 12345',
      '4: the line is not UTF-8 text',
      '5: ok',
    ])
  }
})

test('gzip is known by its first bytes, whatever the name; members may follow each other', async () => {
  const twice = Buffer.concat([gzipSync('one\n'), gzipSync('two\n')])
  for (const [name, content] of [
    ['a.jsonl.gz', twice],
    ['b.jsonl', twice],
    ['c.jsonl.gz', 'one\ntwo\n'],
  ] as const) {
    const file = await openMessages(await stored(name, content))
    assert.equal(await read(file.lines()), { lines: ['1: one', '2: two'] })
    assert.is(file.bytesRead(), file.size)
  }
})

test('gzip data that breaks off gives the whole lines before it, then one sentence', async () => {
  const text = Array.from({ length: 50_000 }, (_, i) => `${i * 7919} ${Math.sin(i)}`).join('\n')
  const whole = gzipSync(text)
  const path = await stored('cut.jsonl.gz', whole.subarray(0, whole.length / 2))
  const { lines, error } = await read((await openMessages(path)).lines())
  assert.ok(lines.length > 20_000 && lines.length < 30_000, `${lines.length} lines`)
  assert.is(message(error), `${path} is cut off: its gzip data ends too early, after line ${lines.length}.`)
})

test('gzip data that is damaged is one sentence', async () => {
  const path = await stored(
    'bad.gz',
    Buffer.concat([gzipSync('one\n').subarray(0, 10), Buffer.alloc(99, 0xff)]),
  )
  const { error } = await read((await openMessages(path)).lines())
  assert.is(message(error), `${path} is damaged: its gzip data cannot be read after line 0.`)
})

test('no file, or a folder, is one sentence before anything is read', async () => {
  const failure = (path: string): Promise<string> => openMessages(path).then(() => 'opened', message)
  const none = join(folder, 'none.jsonl')
  assert.is(await failure(none), `${none} does not exist: name a .jsonl or .jsonl.gz file with --from.`)
  assert.is(await failure(folder), `${folder} is a folder: name one file of messages in it.`)
  assert.match(await failure(join(await stored('file', ''), 'below')), 'cannot be read (ENOTDIR)')
})

test('who stops reading early holds nothing open', async () => {
  for (const content of ['a\nb\n', gzipSync('a\nb\n')]) {
    const file = await openMessages(await stored('early', content))
    for await (const line of file.lines()) {
      assert.is(line.number, 1)
      break
    }
  }
})

test.run()
