import type { Counts, EntityOptions, Faults } from './broker.js'
import type { Content } from './content.js'
import { Entity } from './entity.js'

/** Hands a copy of each message to its subscriptions, which are entities. */
export class Topic {
  readonly subscriptions: Entity[] = []
  duplicatesDropped = 0
  private readonly seen = new Set<string>()

  constructor(
    readonly name: string,
    private readonly detectDuplicates: boolean,
  ) {}

  admits(content: Content): boolean {
    return this.subscriptions.every(subscription => subscription.admits(content))
  }

  put(content: Content): void {
    const { messageId } = content
    if (this.detectDuplicates && messageId !== undefined) {
      if (this.seen.has(messageId)) {
        this.duplicatesDropped++
        return
      }
      this.seen.add(messageId)
    }
    for (const subscription of this.subscriptions) subscription.put(content)
  }

  get counts(): Counts {
    return {
      active: 0,
      locked: 0,
      deadLettered: 0,
      completed: 0,
      abandoned: 0,
      expiredLocks: 0,
      duplicatesDropped: this.duplicatesDropped,
      deliveries: 0,
    }
  }
}

const withoutSlash = (address: string): string => address.replace(/^\//, '').toLowerCase()

/** All queues, topics and subscriptions by their addresses. It outlives the connections, and the broker's restart. */
export class Namespace {
  private readonly entities = new Map<string, Entity>()
  private readonly topics = new Map<string, Topic>()

  constructor(readonly faults: Faults) {}

  addQueue(name: string, options: EntityOptions): Entity {
    const entity = new Entity(name, this.faults, options)
    for (const each of [entity, entity.dead])
      if (each !== undefined) this.entities.set(withoutSlash(each.name), each)
    return entity
  }

  addTopic(name: string, detectDuplicates: boolean): void {
    this.topics.set(withoutSlash(name), new Topic(name, detectDuplicates))
  }

  addSubscription(topic: string, name: string, options: EntityOptions): void {
    const found = this.topics.get(withoutSlash(topic))
    if (found === undefined) throw new Error(`There is no topic "${topic}": add it before its subscriptions.`)
    found.subscriptions.push(this.addQueue(`${topic}/Subscriptions/${name}`, options))
  }

  /** What can be received from. */
  source(address: string): Entity | undefined {
    return this.entities.get(withoutSlash(address))
  }

  /** What can be sent to. */
  target(address: string): Entity | Topic | undefined {
    return this.topics.get(withoutSlash(address)) ?? this.entities.get(withoutSlash(address))
  }

  expireLocks(): void {
    for (const { place } of this.entities.values()) place.expireLocks()
  }
}
