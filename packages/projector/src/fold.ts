import { folded, type Place, type Projection, type ViewDocument, type ViewName } from '@crawl-ledger/domain'
import { type Commit, type DocumentWrite, isVoid, readEvent } from '@crawl-ledger/log'

/** A document's place among those of all views. */
export const documentKey = (view: ViewName, id: string): string => `${view}:${id}`

interface Step {
  readonly view: ViewName
  readonly id: string
  readonly position: number
  readonly fold: (document: ViewDocument | undefined) => ViewDocument
}

/** What commits do to documents, in order. */
export interface Routing {
  readonly steps: readonly Step[]
  /** The documents that are touched, by view. */
  readonly touched: ReadonlyMap<ViewName, ReadonlySet<string>>
}

const stepsOf = (projection: Projection, commit: Commit): readonly Step[] => {
  if (isVoid(commit)) return []
  const { stream, position, version, at } = commit
  const place: Place = { stream, position, version, recordedAt: at }
  return commit.events.flatMap(event =>
    projection.routes(readEvent(event), place).map(
      (route): Step => ({
        view: route.view,
        id: route.id,
        position,
        fold: document => folded(projection, route, document, position),
      }),
    ),
  )
}

export const routing = (projection: Projection, commits: readonly Commit[]): Routing => {
  const steps = commits.flatMap(commit => stepsOf(projection, commit))
  const touched = new Map<ViewName, Set<string>>()
  for (const { view, id } of steps) {
    const ids = touched.get(view)
    if (ids === undefined) touched.set(view, new Set([id]))
    else ids.add(id)
  }
  return { steps, touched }
}

/** A newer version of the projection has written here: this worker is too old to go on. */
export class ProjectionOutdated extends Error {
  override readonly name = 'ProjectionOutdated'
  readonly code = 'projection-outdated'

  constructor(projection: Projection, view: ViewName, id: string, found: number) {
    super(
      `${view} ${id} was written by version ${found} of the projection ${projection.name}, this program has version ` +
        `${projection.version}. Use a newer crawl-ledger.`,
    )
  }
}

/**
 * Folds steps into the documents that were there, and gives what is to be written: each document once.
 * What a document has folded already (at or below its position) is skipped; one of an older version counts as absent.
 */
export const foldInto = (
  projection: Projection,
  { steps }: Routing,
  there: ReadonlyMap<string, ViewDocument>,
): readonly DocumentWrite[] => {
  const documents = new Map<string, { view: ViewName; document: ViewDocument }>()
  for (const { view, id, position, fold } of steps) {
    const key = documentKey(view, id)
    const found = there.get(key)
    if (found !== undefined && found.v > projection.version)
      throw new ProjectionOutdated(projection, view, id, found.v)
    const base = found?.v === projection.version ? found : undefined
    if (base !== undefined && position <= base.position) continue
    documents.set(key, { view, document: fold(documents.get(key)?.document ?? base) })
  }
  return [...documents].map(([key, { view, document }]): DocumentWrite => {
    const found = there.get(key)
    return {
      view,
      document,
      expected: found === undefined ? undefined : { v: found.v, position: found.position },
    }
  })
}
