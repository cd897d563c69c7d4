import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('architecture')
const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** From the bottom up: each imports only what stands before it. Apps stand on top and never import each other. */
const order = [
  'testing',
  'domain',
  'log',
  'sqlite',
  'mongodb',
  'projector',
  'service-bus',
  'crawl-ledger',
  'process',
  'analytics',
]

/** What the pure core may use besides itself: two libraries, and hashing, which is a function. */
const ofDomain = /^(fp-ts\/|io-ts$|node:crypto$|\.)/

/** All that is written in these folders, without what is installed or built there. */
const sources = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return /^(node_modules|dist)$/.test(entry.name) ? [] : sources(path)
    return path.endsWith('.ts') ? [path] : []
  })

const importsOf = (path: string): readonly string[] =>
  [...readFileSync(join(root, path), 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(
    match => match[1] ?? '',
  )

const ownPackage = (specifier: string): string | undefined => {
  if (specifier === 'crawl-ledger' || specifier.startsWith('crawl-ledger/')) return 'crawl-ledger'
  return /^@crawl-ledger\/([^/]+)/.exec(specifier)?.[1]
}

const isTest = (path: string): boolean => /\.(test|test-kit)\.ts$/.test(path)

const packages = [...new Set(sources('packages').map(path => path.split('/')[1] ?? ''))].filter(name =>
  order.includes(name),
)

test('packages import only those below them', () => {
  for (const name of packages)
    for (const path of sources(`packages/${name}`))
      for (const specifier of importsOf(path)) {
        const other = ownPackage(specifier)
        if (other === undefined || other === name) continue
        assert.ok(
          order.indexOf(other) < order.indexOf(name) && order.includes(other),
          `${path} imports ${specifier}`,
        )
      }
})

test('apps import packages and never each other', () => {
  for (const path of sources('apps'))
    for (const specifier of importsOf(path)) {
      const other = ownPackage(specifier)
      assert.ok(other === undefined || order.includes(other), `${path} imports ${specifier}`)
      const target = specifier.startsWith('.') ? relative(root, join(root, dirname(path), specifier)) : path
      assert.is(
        target.split('/').slice(0, 2).join('/'),
        path.split('/').slice(0, 2).join('/'),
        `${path} ${specifier}`,
      )
    }
})

test('the domain is pure', () => {
  for (const path of sources('packages/domain'))
    if (!isTest(path))
      for (const specifier of importsOf(path))
        assert.match(specifier, ofDomain, `${path} imports ${specifier}`)
})

test('a package is imported by its public face alone', () => {
  const faces = new Map(
    packages.map(name => {
      const { exports } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
      return [name, Object.keys(exports)]
    }),
  )
  for (const path of [...sources('packages'), ...sources('apps')])
    for (const specifier of importsOf(path)) {
      const other = ownPackage(specifier)
      if (other === undefined) continue
      const face = `.${specifier.replace(/^(@crawl-ledger\/[^/]+|crawl-ledger)/, '')}`
      assert.ok(faces.get(other)?.includes(face), `${path} imports ${specifier}`)
    }
})

test('a port is one short file', () => {
  const lines = readFileSync(join(root, 'packages/log/src/ports.ts'), 'utf8').split('\n')
  assert.ok(lines.length <= 110, `ports.ts has ${lines.length} lines`)
})

test.run()
