import { strict as assert } from 'node:assert'
import {
  crawl,
  decodeMessage,
  folded,
  handlerOf,
  type Projection,
  type ViewDocument,
  viewNames,
  workflowStream,
} from '@crawl-ledger/domain'
import {
  type Checkpoint,
  type Commit,
  type Log,
  readable,
  readEvents,
  runningDigest,
  type Store,
  Writer,
} from '@crawl-ledger/log'
import { buildName, buildOf } from './build.js'
import { beginning, readCheckpoints } from './checkpoints.js'

export const locations = ['osaka-1', 'osaka-2', 'kyoto-1']
const batches = ['a', 'b']

/** The steps of a workflow, one commit each. */
const steps = [
  { type: 'new_batch', context: { stage: 'find-location' }, payload: { queries: ['park'] } },
  { type: 'item_found', context: { stage: 'crawl-media' }, payload: { itemId: 'm1', itemType: 'image' } },
  { type: 'item_found', context: { stage: 'crawl-media' }, payload: { itemId: 'm2', itemType: 'video' } },
  {
    type: 'stage_complete',
    context: { stage: 'prep-media', itemId: 'm1' },
    payload: { results: { size: 7 } },
  },
  { type: 'error', context: { stage: 'prep-media', itemId: 'm2' }, payload: { error: 'no answer' } },
  { type: 'workflow_complete', context: { stage: 'crawl-media' } },
] as const

/** What a ledger's first views are, whatever the version of the projection. */
const first = buildOf(crawl, 1)

/** How many commits `write` makes. */
export const commitsWritten = locations.length * batches.length * steps.length

/** Writes messages of so many workflows, a commit each; `round` tells its messages from other rounds'. */
export const write = async (store: Store, round = 1, onRecorded: () => void = () => {}): Promise<void> => {
  const writer = new Writer(store.log, { server: 'test', onRecorded })
  for (const [i, step] of steps.entries())
    await Promise.all(
      locations.flatMap(locationId =>
        batches.map(batch => {
          const batchId = `${batch}${round}`
          const context = {
            locationId,
            batchId,
            timestamp: `2024-05-01T11:00:0${i}.000Z`,
            completedStages: [],
            metadata: {},
            ...step.context,
          }
          const raw = { ...step, context, id: `${locationId}:${batchId}:${i}` }
          const decoded = decodeMessage(raw, '2024-05-01T12:00:00.000Z')
          if (decoded._tag === 'Left') throw new Error(decoded.left.message)
          const envelope = decoded.right
          const handler = handlerOf[step.type]
          return writer.write(workflowStream(locationId, batchId), { envelope, handler })
        }),
      ),
    )
}

const everything = async (log: Log, upTo: (commit: Commit) => boolean): Promise<readonly Commit[]> => {
  const from = new Map(Array.from({ length: log.partitions }, (_, partition) => [partition, 0]))
  return readable(await log.read(from, 100_000)).filter(upTo)
}

/** What the views must be: a pure fold of the log that no code of this package has a part in. */
export const foldOf = (
  commits: readonly Commit[],
  projection: Projection = first,
): readonly (readonly [string, ViewDocument])[] => {
  const documents = new Map<string, ViewDocument>()
  for (const { stream, position, version, at, events } of commits)
    for (const event of events.flatMap(readEvents))
      for (const route of projection.routes(event, stream)) {
        const key = `${route.view}:${route.id}`
        const place = { stream, position, version, recordedAt: at }
        documents.set(key, folded(projection, route, documents.get(key), event, place))
      }
  return [...documents].sort(([a], [b]) => (a < b ? -1 : 1))
}

export const viewsOf = async ({ views }: Store): Promise<readonly (readonly [string, ViewDocument])[]> => {
  const found = await Promise.all(
    viewNames.map(async view =>
      (await views.list(view, { prefix: '', limit: 100_000 })).map(
        document => [`${view}:${document._id}`, document] as const,
      ),
    ),
  )
  return found.flat().sort(([a], [b]) => (a < b ? -1 : 1))
}

const checkpointsAfter = (commits: readonly Commit[]): readonly Checkpoint[] => {
  const ends = new Map<number, Checkpoint>()
  for (const commit of commits) {
    const { partition, position, hash } = commit
    const digest = runningDigest(ends.get(partition)?.digest ?? '', commit)
    ends.set(partition, { ...beginning(partition), position, hash, digest })
  }
  return [...ends.values()].sort((a, b) => a.partition - b.partition)
}

/** The views and the checkpoints are what a pure fold of the log (or of a part of it) gives. */
export const assertFolded = async (
  store: Store,
  { projection = first, upTo = () => true }: { projection?: Projection; upTo?: (c: Commit) => boolean } = {},
): Promise<void> => {
  const commits = await everything(store.log, upTo)
  assert.deepEqual(await viewsOf(store), foldOf(commits, projection))
  const checkpoints = await store.views.checkpoints(buildName(projection))
  // How often a checkpoint was written depends on how the commits came.
  assert.deepEqual(
    checkpoints.map(checkpoint => ({ ...checkpoint, revision: 0 })),
    checkpointsAfter(commits),
  )
}

/** Resolves as soon as something is so. */
export const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + 120_000
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('it did not become so within two minutes')
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}

/** Resolves when a projection is at the end of the log. */
export const caughtUp = (store: Store, projection: Projection = first): Promise<void> =>
  until(async () => {
    const checkpoints = await readCheckpoints(store.views, projection, store.log.partitions)
    return [...(await store.log.tails())].every(([p, end]) => checkpoints.get(p)?.position === end)
  })

/** A store of which some methods are done otherwise. */
export const altered = (
  store: Store,
  { log, views }: { log?: Partial<Store['log']>; views?: Partial<Store['views']> },
): Store => ({ ...store, log: { ...store.log, ...log }, views: { ...store.views, ...views } })

/** A promise and what fulfils it. */
export const gate = (): { readonly opened: Promise<void>; readonly open: () => void } => {
  let open = (): void => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}
