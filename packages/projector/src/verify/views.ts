import { locationOf, type Projection, type ViewDocument, viewNames } from '@crawl-ledger/domain'
import { type Checkpoint, fnv1a32, partitionOf, runningDigest, type Store } from '@crawl-ledger/log'
import {
  type Build,
  buildName,
  buildOf,
  finishSwap,
  ProjectionOutdated,
  RebuildNeeded,
  SwapUnfinished,
} from '../build.js'
import { readCheckpoints } from '../checkpoints.js'
import { commitsOf } from '../commits.js'
import { difference, textOf } from './difference.js'
import { checkIsRead, type Doubt, loadAll, loadAtOnce, settle, type Wrong } from './doubts.js'
import type { Verification, ViewFinding, ViewSummary } from './finding.js'
import { Known } from './known.js'
import type { Progress } from './log.js'
import { Refold } from './refold.js'

export interface VerifyViewsOptions {
  /** About how much the documents that are folded again may take at once. */
  readonly memoryMb?: number
  /** Writes what is wrong anew. */
  readonly repair?: boolean
  readonly onProgress?: (progress: Progress) => void
}

/** What a commit adds to documents, roughly. */
const bytesPerCommit = 2048
const listedAtOnce = 1000
const settledAtOnce = 5000

/** The build that is read, made by this very version of the projection, and whole: who repairs finishes a swap that was left. */
const verifiable = async (store: Store, projection: Projection, repair: boolean): Promise<Build> => {
  const { name, version } = projection
  const record = await store.builds.record(name)
  if (record?.next?.state === 'swapping') {
    if (!repair) throw new SwapUnfinished(name)
    await finishSwap(store, record)
    return verifiable(store, projection, repair)
  }
  if (record !== undefined && record.version > version)
    throw new ProjectionOutdated(name, record.version, version)
  if (record !== undefined && record.version < version) throw new RebuildNeeded(name, record.version, version)
  return buildOf(projection, record?.build ?? 1)
}

/**
 * Compares each document with a fresh fold of the log up to the checkpoints, while projecting may go on. A partition
 * that is too large for the memory is folded in slices of its documents, each by one reading.
 *
 * @throws RebuildNeeded or ProjectionOutdated when another version of the projection made the views
 * @throws SwapUnfinished when a rebuild was left while its views took their place, and nothing is repaired
 * @throws CommitUnreadable when the log is damaged so that it cannot be folded: verify the log first
 * @throws ViewsReplaced when a rebuild swaps the views meanwhile
 */
export const verifyViews = (
  store: Store,
  projection: Projection,
  { memoryMb = 256, repair = false, onProgress }: VerifyViewsOptions = {},
): Verification<ViewFinding, ViewSummary> => {
  const { log, views } = store
  const sums = { documents: 0, findings: 0, repaired: 0 }
  const known = new Known()
  /** Partitions where the log still is the one that was folded. */
  const sound = new Set<number>()
  let done = 0
  let total = 0

  async function* partitionFindings(build: Build, checkpoint: Checkpoint, slices: number) {
    const { partition } = checkpoint
    for (let slice = 0; slice < slices; slice += 1) {
      // The remainder by the partitions is the same for all locations of one.
      const wants = (_: unknown, id: string) =>
        slices === 1 || Math.floor(fnv1a32(id) / log.partitions) % slices === slice
      const refold = new Refold({ build, rules: checkpoint, wants })
      let digest = ''
      for await (const commits of commitsOf(store, partition, 0, checkpoint.position)) {
        refold.fold(commits)
        digest = commits.reduce(runningDigest, digest)
        done += commits.length
        onProgress?.({ done, total })
      }
      if (digest === checkpoint.digest) sound.add(partition)
      yield* settled(build, checkpoint, await doubtsOf(refold))
    }
  }

  /** The documents that are not as they were folded, at first sight. */
  const doubtsOf = async (refold: Refold): Promise<readonly Doubt[]> => {
    const doubts: Doubt[] = []
    for (const [view, ofView] of refold.documents) {
      const expected = [...ofView.values()]
      sums.documents += expected.length
      for (const { _id } of expected) known.add(view, _id)
      for (let i = 0; i < expected.length; i += loadAtOnce) {
        const piece = expected.slice(i, i + loadAtOnce)
        const found = await loadAll(
          store,
          piece.map(({ _id }) => ({ view, id: _id })),
        )
        for (const one of piece)
          if (textOf(one) !== textOf(found.get(`${view}/${one._id}`)))
            doubts.push({ view, id: one._id, expected: one })
      }
    }
    return doubts
  }

  async function* settled(build: Build, checkpoint: Checkpoint, doubts: readonly Doubt[]) {
    for (let i = 0; i < doubts.length; i += settledAtOnce)
      for (const wrong of await settle(store, build, checkpoint, doubts.slice(i, i + settledAtOnce)))
        yield await report(build, checkpoint, wrong)
  }

  const report = async (build: Build, { partition }: Checkpoint, wrong: Wrong): Promise<ViewFinding> => {
    const { view, id, found, right } = wrong
    const position = (found ?? right)?.position
    const repaired = repair && sound.has(partition) && (await rewrite(build, wrong))
    sums.findings += 1
    if (repaired) sums.repaired += 1
    return {
      ...whatIsWrong(build, wrong),
      view,
      id,
      partition,
      ...(position === undefined ? {} : { position }),
      ...(repair ? { repaired } : {}),
    }
  }

  /** Puts in place what must be there, unless somebody writes there now. Nothing can be removed singly. */
  const rewrite = async (build: Build, { view, found, right }: Wrong): Promise<boolean> => {
    if (right === undefined) return false
    await checkIsRead(store, build)
    const expected = found === undefined ? undefined : { v: found.v, position: found.position }
    const writes = [{ view, document: right, expected }]
    return views.save({ projection: buildName(build), writes, moves: [] })
  }

  /** Documents that no fold led to: those that came since, and those that the log does not explain. */
  async function* strangers(build: Build, checkpoints: ReadonlyMap<number, Checkpoint>) {
    const doubts = new Map<number, Doubt[]>()
    for (const view of viewNames)
      for await (const { _id } of listed(view)) {
        if (known.has(view, _id)) continue
        const partition = partitionOf(locationOf(_id), log.partitions)
        doubts.set(partition, [...(doubts.get(partition) ?? []), { view, id: _id, expected: undefined }])
      }
    for (const [partition, ofPartition] of doubts) {
      const checkpoint = checkpoints.get(partition)
      if (checkpoint !== undefined) yield* settled(build, checkpoint, ofPartition)
    }
  }

  async function* listed(view: ViewFinding['view']): AsyncGenerator<ViewDocument> {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: readonly ViewDocument[] = await views.list(view, { prefix: '', after, limit: listedAtOnce })
      yield* page
      after = page.at(-1)?._id
    }
  }

  async function* findings() {
    const build = await verifiable(store, projection, repair)
    const checkpoints = await readCheckpoints(views, build, log.partitions)
    const slicesOf = ({ position }: Checkpoint): number =>
      Math.max(1, Math.ceil((position * bytesPerCommit) / (memoryMb * 1024 * 1024)))
    total = [...checkpoints.values()].reduce((sum, one) => sum + one.position * slicesOf(one), 0)
    for (const checkpoint of checkpoints.values())
      yield* partitionFindings(build, checkpoint, slicesOf(checkpoint))
    yield* strangers(build, checkpoints)
  }

  return { findings: findings(), summary: () => ({ ...sums }) }
}

const whatIsWrong = (
  build: Build,
  { view, id, found, right }: Wrong,
): Pick<ViewFinding, 'kind' | 'message'> => {
  const name = `${view} ${id}`
  if (right === undefined)
    return {
      kind: 'unexplained',
      message: `${name}: nothing in the log explains it. It is not removed singly; build the views anew: crawl-replay rebuild`,
    }
  if (found === undefined)
    return {
      kind: 'missing',
      message: `${name} is missing: the log makes it, up to position ${right.position}.`,
    }
  if (found.v !== build.version)
    return {
      kind: 'other-build',
      message: `${name} was made by build ${found.v}, and the views are build ${build.version}.`,
    }
  return { kind: 'differs', message: `${name}: ${difference(found, right)}.` }
}
