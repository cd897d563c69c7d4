import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('what the documents show')
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.md'))
    .map(path => join('docs', path)),
]

const text = (page: string): string => readFileSync(join(root, page), 'utf8')

for (const page of pages)
  [...text(page).matchAll(/```ts\n([\s\S]*?)```/g)].forEach(([, code = ''], i) => {
    test(`snippet ${i + 1} of ${page} compiles and runs`, () => {
      // In a folder of the demo, for it depends on the library as a user's project would.
      const folder = mkdtempSync(join(root, 'apps/demo/snippet-'))
      try {
        writeFileSync(join(folder, 'snippet.ts'), code)
        writeFileSync(
          join(folder, 'tsconfig.json'),
          JSON.stringify({
            extends: '../../../tsconfig.base.json',
            compilerOptions: { noEmit: true, composite: false },
            files: ['snippet.ts'],
          }),
        )
        const run = (command: string, ...args: readonly string[]): void => {
          const done = spawnSync(process.execPath, [join(root, 'node_modules', command), ...args], {
            cwd: folder,
          })
          assert.is(done.status, 0, `${done.stdout}${done.stderr}`)
        }
        run('typescript/bin/tsc', '-p', '.')
        run('tsx/dist/cli.mjs', 'snippet.ts')
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  })

test('links between pages lead somewhere', () => {
  for (const page of pages)
    for (const [, target = ''] of text(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g))
      assert.not.throws(
        () => readFileSync(join(root, dirname(page), target)),
        /ENOENT/,
        `${page} links to ${target}`,
      )
})

test('every setting of the library is in the table of the README', () => {
  for (const name of readFileSync(join(root, 'packages/crawl-ledger/src/settings.ts'), 'utf8').matchAll(
    /^ {2}([A-Z_]{4,}):/gm,
  ))
    assert.match(text('README.md'), `\`${name[1]}\``)
})

test.run()
