import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Find } from './find.js'
import { findInFolder, openFile } from './folder.js'
import { gif, png, wav } from './media.test-kit.js'

const test = suite('folder')
let root = ''
test.before.each(async () => {
  root = await mkdtemp(join(tmpdir(), 'crawler-folder-'))
})
test.after.each(() => rm(root, { recursive: true, force: true }))

const finds = async (folder: string): Promise<readonly Find[]> => {
  const all: Find[] = []
  for await (const find of findInFolder(folder)) all.push(find)
  return all
}

const told = (all: readonly Find[]): readonly string[] =>
  all.map(find =>
    'item' in find
      ? `${find.item.itemType} ${fileURLToPath(find.item.itemUrl).slice(root.length)}`
      : 'note' in find
        ? find.note
        : `${find.trouble.code} ${find.place.slice(root.length)}`,
  )

test('finds the media files of all folders below, by their names', async () => {
  await mkdir(join(root, 'b/c'), { recursive: true })
  await writeFile(join(root, 'z.png'), png(3, 4))
  await writeFile(join(root, 'b/a.GIF'), gif(1, 2))
  await writeFile(join(root, 'b/c/tone.wav'), wav(10))
  for (const name of ['notes.txt', 'code.ts', '.hidden.png', 'png']) await writeFile(join(root, name), 'x')
  assert.equal(told(await finds(root)), [
    'folders',
    'image /z.png',
    'folders',
    'image /b/a.GIF',
    'folders',
    'post /b/c/tone.wav',
  ])
})

test('links are not followed, so there are no loops', async () => {
  await mkdir(join(root, 'a'))
  await writeFile(join(root, 'a/x.png'), png(1, 1))
  await symlink('..', join(root, 'a/up'))
  await symlink('x.png', join(root, 'a/same.png'))
  await symlink('nowhere', join(root, 'broken.png'))
  const all = told(await finds(root))
  assert.equal(
    all.filter(text => text === 'linksNotFollowed'),
    ['linksNotFollowed', 'linksNotFollowed', 'linksNotFollowed'],
  )
  assert.equal(
    all.filter(text => text.startsWith('image')),
    ['image /a/x.png'],
  )
})

test('the folder itself may be a link, and its files have the same ids by either name', async () => {
  await mkdir(join(root, 'real'))
  await writeFile(join(root, 'real/x.png'), png(1, 1))
  await symlink('real', join(root, 'link'))
  assert.equal(await finds(join(root, 'link')), await finds(join(root, 'real')))
})

/** Does it as a user who is not root, whom nothing would be forbidden. */
const asNobody = async <A>(act: () => Promise<A>): Promise<A> => {
  if (process.getuid?.() !== 0) return act()
  process.seteuid?.(65534)
  try {
    return await act()
  } finally {
    process.seteuid?.(0)
  }
}

test('a folder that may not be read is told, and the others are searched', async () => {
  await chmod(root, 0o755)
  await mkdir(join(root, 'a'), { mode: 0o700 })
  await chmod(join(root, 'a'), 0o000)
  await mkdir(join(root, 'b'))
  await writeFile(join(root, 'b/x.png'), png(1, 1))
  const all = await asNobody(() => finds(root))
  assert.equal(told(all), ['folders', 'folders', 'image /b/x.png', 'EACCES /a'])
  await asNobody(async () => {
    const error = await finds(join(root, 'a')).catch((error: unknown) => error)
    assert.match(String(error), 'may not be read')
  })
  await chmod(join(root, 'a'), 0o700)
})

test('a folder that is none is trouble', async () => {
  const code = (folder: string) => finds(folder).catch((error: unknown) => (error as { code: string }).code)
  await writeFile(join(root, 'file'), '')
  assert.is(await code(join(root, 'nowhere')), 'ENOENT')
  assert.is(await code(join(root, 'file')), 'ENOTDIR')
})

test('a file is read whole or its beginning, and a file that is gone is trouble', async () => {
  const path = join(root, 'x.png')
  await writeFile(path, '12345')
  const read = (most?: number) =>
    openFile(
      path,
      async ({ type, bytes }) => {
        let text = ''
        for await (const chunk of bytes) text += Buffer.from(chunk).toString()
        return `${type} ${text}`
      },
      most,
    )
  assert.is(await read(), 'image/png 12345')
  assert.is(await read(3), 'image/png 123')
  await rm(path)
  assert.is(await read().catch((error: unknown) => (error as { code: string }).code), 'ENOENT')
})

test.run()
