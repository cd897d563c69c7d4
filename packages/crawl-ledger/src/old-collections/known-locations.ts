import type { JsonObject } from '@crawl-ledger/domain'
import * as E from 'fp-ts/lib/Either.js'
import { type Description, describing, descriptionOf } from './location.js'
import { type Unreadable, unreadable } from './old-document.js'

interface Known {
  readonly document: JsonObject
  readonly description: Description
  used: boolean
}

/** How many locations are kept in memory while their workflows are imported. */
export const locationsKept = 100_000

/** The locations' documents, until a workflow takes along what they say. */
export class KnownLocations {
  private readonly known = new Map<string, Known>()

  constructor(private readonly most = locationsKept) {}

  /** Why it cannot be kept, where it cannot. */
  add(document: JsonObject): Unreadable | undefined {
    const said = descriptionOf(document)
    if (E.isLeft(said)) return said.left
    const { locationId } = said.right
    if (this.known.has(locationId))
      return unreadable('locations', document, `another document describes the location "${locationId}" too`)
    if (this.known.size >= this.most)
      return unreadable('locations', document, `no more than ${this.most} locations are imported at once`)
    this.known.set(locationId, { document, description: said.right, used: false })
    return undefined
  }

  /** What is to be said with a workflow of this location. */
  describe(locationId: string): Description | undefined {
    const found = this.known.get(locationId)
    if (found !== undefined) found.used = true
    return found?.description
  }

  /** The new batch that describes a location none of whose workflows had a document; once. */
  describeLate(locationId: string, batchId: string): JsonObject | undefined {
    const found = this.known.get(locationId)
    if (found === undefined || found.used) return undefined
    found.used = true
    return describing(found.document, found.description, batchId)
  }

  unused(): readonly Unreadable[] {
    return [...this.known.values()]
      .filter(({ used }) => !used)
      .map(({ document }) => unreadable('locations', document, 'a location without workflows'))
  }
}
