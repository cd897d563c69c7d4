import type { ViewDocument, ViewName } from '@crawl-ledger/domain'
import type { Checkpoint, Commit, Store } from '@crawl-ledger/log'
import { type Build, readBuild } from '../build.js'
import { readCheckpoints } from '../checkpoints.js'
import { commitsOf } from '../commits.js'
import { textOf } from './difference.js'
import { Refold } from './refold.js'

/** A document that was not as it must be when it was first read. */
export interface Doubt {
  readonly view: ViewName
  readonly id: string
  /** As the log up to the checkpoint makes it; undefined: not at all. */
  readonly expected: ViewDocument | undefined
}

/** A document that is not as it must be. */
export interface Wrong extends Doubt {
  readonly found: ViewDocument | undefined
  readonly right: ViewDocument | undefined
}

/** The views that are read were replaced while they were verified. */
export class ViewsReplaced extends Error {
  override readonly name = 'ViewsReplaced'
  readonly code = 'views-replaced'

  constructor(build: Build) {
    super(
      `A rebuild put other views in the place of build ${build.version} of ${build.name} meanwhile. Verify again.`,
    )
  }
}

/** @throws ViewsReplaced when another build is read by now, or is being put in its place */
export const checkIsRead = async (store: Store, build: Build): Promise<void> => {
  if ((await readBuild(store, build)).version !== build.version) throw new ViewsReplaced(build)
}

export const loadAtOnce = 500

/** Loads documents of several views, in pieces. */
export const loadAll = async (
  { views }: Store,
  wanted: readonly { readonly view: ViewName; readonly id: string }[],
): Promise<ReadonlyMap<string, ViewDocument>> => {
  const found = new Map<string, ViewDocument>()
  for (const view of new Set(wanted.map(one => one.view))) {
    const ids = wanted.filter(one => one.view === view).map(({ id }) => id)
    for (let i = 0; i < ids.length; i += loadAtOnce)
      for (const document of await views.load(view, ids.slice(i, i + loadAtOnce)))
        found.set(`${view}/${document._id}`, document)
  }
  return found
}

const tries = 3
const pauseMs = 100

/**
 * What of these documents still is wrong when it is looked at again. Projecting may go on meanwhile: each is compared
 * with the fold up to the very position that it says it was folded to, by what is held back and left out by now.
 */
export const settle = async (
  store: Store,
  build: Build,
  start: Checkpoint,
  doubts: readonly Doubt[],
): Promise<readonly Wrong[]> => {
  let wrong: readonly Wrong[] = []
  let open = doubts
  for (let i = 0; i < tries && open.length > 0; i += 1) {
    if (i > 0) await new Promise(resolve => setTimeout(resolve, pauseMs))
    wrong = await lookAgain(store, build, start, open)
    open = wrong
  }
  if (wrong.length > 0) await checkIsRead(store, build)
  return wrong
}

const lookAgain = async (
  store: Store,
  build: Build,
  start: Checkpoint,
  doubts: readonly Doubt[],
): Promise<readonly Wrong[]> => {
  const found = await loadAll(store, doubts)
  const rules =
    (await readCheckpoints(store.views, build, store.log.partitions)).get(start.partition) ?? start
  const wanted = new Set(doubts.map(({ view, id }) => `${view}/${id}`))
  const endOf = (view: ViewName, id: string): number =>
    Math.max(start.position, found.get(`${view}/${id}`)?.position ?? 0)
  const refold = new Refold({ build, rules, wants: (view, id) => wanted.has(`${view}/${id}`), endOf })
  for (const { view, expected } of doubts) if (expected !== undefined) refold.set(view, expected)
  // What was held back at the start may have been let go by now: that is folded from there on.
  const held = start.held.filter(({ view, id }) => wanted.has(`${view}/${id}`)).map(one => one.position - 1)
  const from = Math.min(start.position, ...held)
  const end = Math.max(...doubts.map(({ view, id }) => endOf(view, id)))
  await foldWhole(store, refold, start, from, end)
  return doubts
    .map(doubt => {
      const { view, id } = doubt
      return { ...doubt, found: found.get(`${view}/${id}`), right: refold.get(view, id) }
    })
    .filter(one => textOf(one.found) !== textOf(one.right))
}

/** Above the checkpoint only up to the first hole: the commit that lands there must not be passed. */
const foldWhole = async (
  store: Store,
  refold: Refold,
  { partition, position }: Checkpoint,
  from: number,
  end: number,
): Promise<void> => {
  if (end <= from) return
  const tail = (await store.log.tails()).get(partition) ?? 0
  let last = from
  for await (const commits of commitsOf(store, partition, from, Math.min(end, tail))) {
    const whole: Commit[] = []
    for (const commit of commits) {
      if (commit.position !== last + 1 && commit.position > position) break
      whole.push(commit)
      last = commit.position
    }
    refold.fold(whole)
    if (whole.length < commits.length) return
  }
}
