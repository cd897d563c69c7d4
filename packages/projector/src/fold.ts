import {
  type CrawlEvent,
  folded,
  type Place,
  type Projection,
  type ViewDocument,
  type ViewName,
} from '@crawl-ledger/domain'
import { type Commit, type DocumentWrite, isVoid, readEvent } from '@crawl-ledger/log'

/** A document that commits change: as it was found, and as it becomes. */
export interface Target {
  readonly view: ViewName
  readonly id: string
  found: ViewDocument | undefined
  becomes: ViewDocument | undefined
}

interface Step {
  readonly target: Target
  readonly event: CrawlEvent
  readonly place: Place
}

/** What commits do to documents, in order. */
export interface Routing {
  readonly steps: readonly Step[]
  readonly targets: ReadonlyMap<ViewName, ReadonlyMap<string, Target>>
}

const targetOf = (targets: Map<ViewName, Map<string, Target>>, view: ViewName, id: string): Target => {
  const ofView = targets.get(view) ?? new Map<string, Target>()
  targets.set(view, ofView)
  const known = ofView.get(id)
  if (known !== undefined) return known
  const target = { view, id, found: undefined, becomes: undefined }
  ofView.set(id, target)
  return target
}

export const routing = (projection: Projection, commits: readonly Commit[]): Routing => {
  const steps: Step[] = []
  const targets = new Map<ViewName, Map<string, Target>>()
  for (const commit of commits) {
    if (isVoid(commit)) continue
    const { stream, position, version, at } = commit
    const place: Place = { stream, position, version, recordedAt: at }
    for (const stored of commit.events) {
      const event = readEvent(stored)
      for (const { view, id } of projection.routes(event, stream))
        steps.push({ target: targetOf(targets, view, id), event, place })
    }
  }
  return { steps, targets }
}

/** A newer version of the projection has written here: this worker is too old to go on. */
export class ProjectionOutdated extends Error {
  override readonly name = 'ProjectionOutdated'
  readonly code = 'projection-outdated'

  constructor(projection: Projection, { view, id, found }: Target) {
    super(
      `${view} ${id} was written by version ${found?.v} of the projection ${projection.name}, this program has version ` +
        `${projection.version}. Use a newer crawl-ledger.`,
    )
  }
}

const foldStep = (projection: Projection, { target, event, place }: Step): void => {
  const { found } = target
  if (found !== undefined && found.v > projection.version) throw new ProjectionOutdated(projection, target)
  const base = found?.v === projection.version ? found : undefined
  if (base !== undefined && place.position <= base.position) return
  target.becomes = folded(projection, target, target.becomes ?? base, event, place)
}

/**
 * Folds steps into the documents that were found, and gives what is to be written: each document once.
 * What a document has folded already (at or below its position) is skipped; one of an older version counts as absent.
 *
 * @throws ProjectionOutdated when a document is of a newer version
 */
export const foldAll = (projection: Projection, { steps, targets }: Routing): readonly DocumentWrite[] => {
  for (const step of steps) foldStep(projection, step)
  const writes: DocumentWrite[] = []
  for (const ofView of targets.values())
    for (const { view, found, becomes } of ofView.values())
      if (becomes !== undefined)
        writes.push({
          view,
          document: becomes,
          expected: found === undefined ? undefined : { v: found.v, position: found.position },
        })
  return writes
}
