import { strict as assert } from 'node:assert'
import { crawl } from '@crawl-ledger/domain'
import { type Commit, commitId, sealer, voidCommit } from '@crawl-ledger/log'
import { suite } from 'uvu'
import { altered, commitsWritten, write } from '../projector.test-kit.js'
import { verifyLog } from './log.js'
import { all, type Damageable, ledger, only, rehash, resealed } from './verify.test-kit.js'

const test = suite('verify the log')

const check = ({ store }: Damageable, auditKey?: string) =>
  all(verifyLog(store, { projection: crawl, auditKey, graceMs: 0 }))

/** What was found, as `kind@position`. */
const kinds = async (damaged: Damageable): Promise<readonly string[]> => {
  const [findings, summary] = await check(damaged)
  assert.equal(summary.findings, findings.length)
  for (const { message, position } of findings)
    assert.match(message, new RegExp(`^Partition 0, position ${position}: .+[.)]$`))
  return findings.map(({ kind, position }) => `${kind}@${position}`)
}

/** The same text with its first letter after `mark` changed. */
const edited = (commit: Commit): Commit => ({
  ...commit,
  events: commit.events.map((event, i) => (i === 0 ? { ...event, at: '2024-05-01T12:00:00.001Z' } : event)),
})

test('nothing is found in a log that nobody touched', async () => {
  const clean = await ledger({ partitions: 4, auditKey: 'key' })
  await clean.store.log.fill([{ partition: 1, position: 50 }])
  const seen: number[] = []
  const verification = verifyLog(clean.store, {
    projection: crawl,
    auditKey: 'key',
    graceMs: 0,
    onProgress: ({ done }) => seen.push(done),
  })
  const [findings, summary] = await all(verification)
  assert.deepEqual(
    findings.map(({ kind }) => kind),
    ['gap'],
    'only the hole that was made before the void',
  )
  assert.deepEqual([summary.partitions, summary.commits, summary.voids], [4, commitsWritten, 1])
  assert.equal(seen.at(-1), commitsWritten + 1)
  assert.match(summary.without.join(), /cut off/)
  assert.doesNotMatch(summary.without.join(), /AUDIT_KEY/)
})

test('without a key it is said what that cannot find', async () => {
  const [findings, { without, events }] = await check(await ledger())
  assert.deepEqual(findings, [])
  assert(events >= commitsWritten)
  assert.match(without.join(), /No AUDIT_KEY/)
})

test('with another key, every hash is wrong', async () => {
  const [findings] = await check(await ledger({ auditKey: 'key' }), 'other')
  assert.equal(findings.filter(({ kind }) => kind === 'changed').length, commitsWritten)
  assert.equal(findings.length, commitsWritten)
})

test('one byte of an event', async () => {
  const damaged = await ledger()
  damaged.put(9, edited(damaged.at(9)))
  assert.deepEqual(await kinds(damaged), ['changed@9'])
})

test('one byte that breaks the JSON', async () => {
  const damaged = await ledger()
  damaged.sql('UPDATE events SET body = replace(body, \'"at":\', \'"at"\') WHERE position = 9')
  assert.deepEqual(await kinds(damaged), ['unreadable@9'])
  const [, { commits, without }] = await check(damaged)
  assert.equal(commits, commitsWritten - 1)
  assert.match(without.join(), /because of what was found at position 9 .* up to position 36/)
})

test('an event of a newer program, and one without a name', async () => {
  const damaged = await ledger()
  for (const [position, type] of [
    [5, 'Unheard'],
    [9, 'ItemFound'],
  ] as const) {
    const commit = damaged.at(position)
    damaged.put(position, { ...commit, events: commit.events.map(event => ({ ...event, type, v: 99 })) })
  }
  assert.deepEqual(await kinds(damaged), ['changed@5', 'unreadable@5', 'changed@9', 'unreadable@9'])
})

test('what is no commit at all', async () => {
  const damaged = await ledger()
  damaged.sql("UPDATE events SET body = '{}' WHERE position = 9")
  assert.deepEqual(await kinds(damaged), ['unreadable@9'])
})

test('a commit removed: one of the middle, and one that nothing follows in its stream', async () => {
  for (const [from, to] of [
    [9, 9],
    [8, 20],
    [31, 31],
    [1, 1],
  ] as const) {
    const damaged = await ledger()
    damaged.remove(from, to)
    assert.deepEqual(await kinds(damaged), [`gap@${from}`])
  }
})

test('a removed commit hides no other change', async () => {
  const damaged = await ledger()
  damaged.remove(9)
  damaged.put(20, edited(damaged.at(20)))
  assert.deepEqual(await kinds(damaged), ['gap@9', 'changed@20'])
})

test('two commits exchanged, near and far, and moved without a trace in them', async () => {
  for (const [a, b] of [
    [9, 10],
    [9, 30],
    [1, 36],
  ] as const) {
    const damaged = await ledger()
    damaged.exchange(a, b)
    assert.deepEqual(await kinds(damaged), [`misplaced@${a}`, `misplaced@${b}`])
  }
  const damaged = await ledger()
  const [five, six] = [damaged.at(9), damaged.at(10)]
  damaged.remove(9, 10)
  damaged.put(9, { ...six, _id: five._id, position: 9 })
  damaged.put(10, { ...five, _id: six._id, position: 10 })
  const found = await kinds(damaged)
  assert(found.includes('changed@9') && found.includes('changed@10'), found.join())
})

test('a commit put in: at the end, with a place of its own, and from another partition', async () => {
  const end = await ledger()
  const last = end.at(36)
  end.put(37, resealed({ ...last, _id: commitId(0, 37), position: 37, version: 7, messages: [], prev: '' }))
  assert.deepEqual(await kinds(end), ['chain@37'])

  const twice = await ledger()
  const again = { ...twice.at(36), _id: commitId(0, 37), position: 37, version: 8, prev: last.hash }
  twice.put(37, resealed(again))
  assert.deepEqual(await kinds(twice), ['chain@37', 'duplicate-message@37'])

  const other = await ledger({ partitions: 2 })
  const [found] = await check(other)
  assert.deepEqual(found, [])
  const [tail = 0] = [...(await other.store.log.tails()).values()]
  const foreign = (await other.store.log.read(new Map([[1, 0]]), 1))[0] as Commit
  const stream = { ...foreign, messages: [] }
  other.put(
    tail + 1,
    resealed({ ...stream, _id: commitId(0, tail + 1), partition: 0, position: tail + 1, version: 1 }),
  )
  const moved = only((await check(other))[0])
  assert.deepEqual([moved.kind, moved.position], ['misplaced', tail + 1])
  assert.match(moved.message, /belongs into partition 1/)
})

test('a commit made void: as a hole is filled, and in a way of one’s own', async () => {
  const own = await ledger()
  own.put(9, { ...own.at(9), stream: `void:${commitId(0, 9)}` })
  const finding = only((await check(own))[0])
  assert.deepEqual([finding.kind, finding.position], ['void', 9])
  assert.match(finding.message, /holds events/)

  const right = await ledger()
  right.put(9, voidCommit(sealer(), 0, 9))
  assert.deepEqual(await kinds(right), ['void@9'])

  const last = await ledger()
  last.put(36, voidCommit(sealer(), 0, 36))
  assert.deepEqual(await kinds(last), ['void@36'])
})

test('a commit made void beside another void: each may have been the one', async () => {
  const two = await ledger()
  for (const position of [9, 10]) two.put(position, voidCommit(sealer(), 0, position))
  const [findings] = await check(two)
  assert.deepEqual([...new Set(await kinds(two))], ['void@9', 'void@10'])
  assert.match(
    findings.map(({ message }) => message).join('\n'),
    /may have been made void .* positions 9, 10/,
  )
})

test('the end cut off', async () => {
  const damaged = await ledger()
  damaged.remove(30, 36)
  assert.deepEqual(await kinds(damaged), ['cut-off@30'])
  damaged.remove(1, 29)
  assert.deepEqual(await kinds(damaged), ['cut-off@1'])
})

test('a commit edited and all later hashes computed anew', async () => {
  const damaged = await ledger()
  rehash(damaged, edited(damaged.at(9)), commitsWritten)
  assert.deepEqual(await kinds(damaged), ['digest@36'])
})

test('a hash without its stream', async () => {
  const damaged = await ledger()
  damaged.put(9, resealed(edited(damaged.at(9))))
  assert.deepEqual(await kinds(damaged), ['chain@15', 'digest@36'])
})

test('a commit under way is waited for; a hole that stays is found', async () => {
  const { store, ...rest } = await ledger()
  const hidden = altered(store, {})
  let reads = 0
  const read: typeof store.log.read = async (after, limit) => {
    reads += 1
    const commits = await store.log.read(after, limit)
    return reads === 1 ? commits.filter(({ position }) => position !== 20) : commits
  }
  const slow = altered(hidden, { log: { read } })
  const [findings, { commits }] = await all(verifyLog(slow, { projection: crawl, graceMs: 50 }))
  assert.deepEqual([findings, commits], [[], commitsWritten])
  rest.remove(20)
  const gone = only((await all(verifyLog(store, { projection: crawl, graceMs: 50 })))[0])
  assert.deepEqual([gone.kind, gone.position], ['gap', 20])
})

test('a wide hole, and what a store does not see behind it at once', async () => {
  const damaged = await ledger()
  const far = 5000
  damaged.put(
    far,
    resealed({
      ...damaged.at(36),
      _id: commitId(0, far),
      position: far,
      stream: 'osaka-1/x',
      version: 1,
      prev: '',
      messages: [],
    }),
  )
  const [findings] = await check(damaged)
  assert.deepEqual(
    findings.map(({ kind, position }) => `${kind}@${position}`),
    ['gap@37'],
  )
})

test('writing goes on', async () => {
  const { store } = await ledger({ partitions: 2 })
  const writing = Promise.all([2, 3, 4].map(round => write(store, round)))
  const [findings] = await all(verifyLog(store, { projection: crawl }))
  assert.deepEqual(findings, [])
  await writing
})

test.run()
