import type { CrawlEvent, Fact } from './events.js'
import { evolve } from './evolve.js'
import { type JsonObject, sorted } from './json.js'
import type { WorkflowState } from './state.js'
import { newSubject, type SubjectState } from './subject.js'
import { currentVersion } from './upcast.js'

/** Gathers the events that one message causes; each is decided on the state that those before it lead to. */
export class Recorder {
  readonly events: CrawlEvent[] = []

  constructor(
    public state: WorkflowState,
    /** The time of each event, ISO; undefined where the message has none. */
    private readonly at: string | undefined,
  ) {}

  record({ type, data }: Fact): void {
    const v = currentVersion(type)
    const told = sorted(data as unknown as JsonObject)
    const event = (
      this.at === undefined ? { data: told, type, v } : { at: this.at, data: told, type, v }
    ) as CrawlEvent
    this.events.push(event)
    this.state = evolve(this.state, event)
  }

  /** The batch, or an item; a new one where it is not known yet. */
  subject(itemId: string | undefined): SubjectState {
    return itemId === undefined ? this.state.batch : (this.state.items.get(itemId) ?? newSubject)
  }
}

/** The data of an event with the id of its subject, as events carry it. */
export const ofItem = <D extends object>(
  itemId: string | undefined,
  data: D,
): D & { readonly itemId?: string } => (itemId === undefined ? data : { itemId, ...data })
