import {
  type CrawlEvent,
  folded,
  type Place,
  type Route,
  type ViewDocument,
  type ViewName,
} from '@crawl-ledger/domain'
import {
  asError,
  type Checkpoint,
  type Commit,
  type DocumentsRefused,
  type DocumentWrite,
  isVoid,
  readEvents,
  reading,
} from '@crawl-ledger/log'
import type { Build } from './build.js'

/** A document that commits change: as it was found, and as it becomes. */
export interface Target extends Route {
  found: ViewDocument | undefined
  becomes: ViewDocument | undefined
  /** Nothing more is folded into it: a commit failed, now or earlier. */
  held: boolean
  /** What it was before the commit in hand, which counts if that fails half-way. */
  before: ViewDocument | undefined
}

interface Step {
  readonly target: Target
  readonly event: CrawlEvent
  readonly partition: number
  readonly place: Place
}

/** What commits do to documents, in order. */
export interface Routing {
  readonly steps: readonly Step[]
  readonly targets: ReadonlyMap<ViewName, ReadonlyMap<string, Target>>
}

/** A commit could not be folded into a document. */
export interface FoldFailure {
  readonly partition: number
  readonly view: ViewName
  readonly id: string
  readonly position: number
  readonly error: Error
  readonly attempts: number
}

const targetOf = (targets: Map<ViewName, Map<string, Target>>, route: Route): Target => {
  const { view, id } = route
  const ofView = targets.get(view) ?? new Map<string, Target>()
  targets.set(view, ofView)
  const known = ofView.get(id)
  if (known !== undefined) return known
  const target = { ...route, found: undefined, becomes: undefined, held: false, before: undefined }
  ofView.set(id, target)
  return target
}

/** @throws CommitUnreadable */
export const routing = (build: Build, commits: readonly Commit[]): Routing => {
  const steps: Step[] = []
  const targets = new Map<ViewName, Map<string, Target>>()
  for (const commit of commits) {
    if (isVoid(commit)) continue
    reading(commit, ({ stream, partition, position, version, at, events }) => {
      const place: Place = { stream, position, version, recordedAt: at }
      for (const event of events.flatMap(readEvents))
        for (const route of build.routes(event, stream))
          steps.push({ target: targetOf(targets, route), event, partition, place })
    })
  }
  return { steps, targets }
}

/** Marks what is held back, and leaves out what was discarded. */
export const withCheckpoints = (routed: Routing, checkpoints: Iterable<Checkpoint>): Routing => {
  let { steps } = routed
  for (const { held, discarded } of checkpoints) {
    for (const { view, id } of held) {
      const target = routed.targets.get(view)?.get(id)
      if (target !== undefined) target.held = true
    }
    if (discarded.length === 0) continue
    const out = new Set(discarded.map(({ view, id, position }) => `${view}/${id}@${position}`))
    steps = steps.filter(({ target, place }) => !out.has(`${target.view}/${target.id}@${place.position}`))
  }
  return { ...routed, steps }
}

/** A newer build has written here: what is read has been swapped. */
export class BuildReplaced extends Error {
  override readonly name = 'BuildReplaced'
  readonly code = 'build-replaced'

  constructor(build: Build, { view, id, found }: Target) {
    super(`${view} ${id} belongs to build ${found?.v} of ${build.name}, and this is build ${build.version}.`)
  }
}

/** Why the store does not take documents, by their keys. */
export type Refused = ReadonlyMap<string, Error>

const none: Refused = new Map()

const documentKey = ({ view, id }: { readonly view: string; readonly id: string }): string => `${view}/${id}`

/** What is known to be refused, with what a saving found out. */
export const withRefused = (known: Refused, { documents }: DocumentsRefused): Refused =>
  new Map([...known, ...documents.map(one => [documentKey(one), new Error(`${one.reason}.`)] as const)])

/** What steps lead to: documents to write, each once, and what could not be folded. */
export interface Folded {
  readonly writes: readonly DocumentWrite[]
  readonly failures: readonly FoldFailure[]
}

/**
 * Folds steps into the documents that were found. What a document has folded already (at or below its position) is
 * skipped; one of an older build counts as absent. A commit that fails is left out of the document whole, and so is
 * all that comes later for it.
 *
 * @param refused documents that the store did not take: they fail where they would change
 * @throws BuildReplaced when a document is of a newer build
 */
export const foldAll = (build: Build, { steps, targets }: Routing, refused: Refused = none): Folded => {
  const failures: FoldFailure[] = []
  for (const { target, event, partition, place } of steps) {
    const { found, view, id } = target
    if (found !== undefined && found.v > build.version) throw new BuildReplaced(build, target)
    const base = found?.v === build.version ? found : undefined
    if (target.held || (base !== undefined && place.position <= base.position)) continue
    const { position } = place
    if (target.becomes !== undefined && target.becomes.position < position) target.before = target.becomes
    const refusal = refused.size === 0 ? undefined : refused.get(documentKey(target))
    try {
      if (refusal !== undefined) throw refusal
      target.becomes = folded(build, target, target.becomes ?? base, event, place)
    } catch (error) {
      if (target.becomes?.position === position) target.becomes = target.before
      target.held = true
      failures.push({ partition, view, id, position, error: asError(error), attempts: 1 })
    }
  }
  const writes: DocumentWrite[] = []
  for (const ofView of targets.values())
    for (const { view, found, becomes } of ofView.values())
      if (becomes !== undefined)
        writes.push({
          view,
          document: becomes,
          expected: found === undefined ? undefined : { v: found.v, position: found.position },
        })
  return { writes, failures }
}
