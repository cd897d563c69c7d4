import { type ViewDocument, type ViewName, viewNames } from '@crawl-ledger/domain'
import type { Checkpoint, Commit } from '@crawl-ledger/log'
import type { Build } from '../build.js'
import { foldAll, routing, withCheckpoints } from '../fold.js'

export interface Refolding {
  readonly build: Build
  /** What is held back and left out, as the projector does it. */
  readonly rules: Checkpoint
  /** Which documents are folded. */
  readonly wants: (view: ViewName, id: string) => boolean
  /** The last position that is folded into a document; without it, all that comes. */
  readonly endOf?: (view: ViewName, id: string) => number
}

/** Folds some documents of a partition once more, beside the views. */
export class Refold {
  readonly documents: ReadonlyMap<ViewName, Map<string, ViewDocument>> = new Map(
    viewNames.map(view => [view, new Map()]),
  )
  private readonly build: Build
  /** The rules without `held`: a held document is folded here too, up to where it is held. */
  private readonly rules: Checkpoint
  private readonly heldAt: ReadonlyMap<string, number>
  private readonly failed = new Set<string>()

  constructor(private readonly options: Refolding) {
    const { build, rules, wants } = options
    this.rules = { ...rules, held: [] }
    this.heldAt = new Map(rules.held.map(({ view, id, position }) => [`${view}/${id}`, position]))
    const routes: Build['routes'] = (event, stream) =>
      build.routes(event, stream).filter(({ view, id }) => wants(view, id))
    this.build = { ...build, routes }
  }

  /** @throws CommitUnreadable */
  fold(commits: readonly Commit[]): void {
    const routed = withCheckpoints(routing(this.build, commits), [this.rules])
    const steps = routed.steps.filter(
      ({ target: { view, id }, place: { position } }) =>
        position < (this.heldAt.get(`${view}/${id}`) ?? Number.POSITIVE_INFINITY) &&
        position <= (this.options.endOf?.(view, id) ?? Number.POSITIVE_INFINITY),
    )
    for (const ofView of routed.targets.values())
      for (const target of ofView.values()) {
        target.found = this.get(target.view, target.id)
        target.held = this.failed.has(`${target.view}/${target.id}`)
      }
    const { writes, failures } = foldAll(this.build, { ...routed, steps })
    for (const { view, document } of writes) this.set(view, document)
    for (const { view, id } of failures) this.failed.add(`${view}/${id}`)
  }

  get(view: ViewName, id: string): ViewDocument | undefined {
    return this.documents.get(view)?.get(id)
  }

  set(view: ViewName, document: ViewDocument): void {
    this.documents.get(view)?.set(document._id, document)
  }
}
