import type { ViewStore } from './view-port.js'

/** Which build of a projection's views is read, and which one is being made. */
export interface ProjectionRecord {
  readonly projection: string
  /** Raised by every change. */
  readonly revision: number
  /** The build that is read: its documents carry it as `v`. */
  readonly build: number
  /** The version of the projection that made it. */
  readonly version: number
  /** The largest number that a build was ever given. */
  readonly latest: number
  readonly next?: NextBuild
}

export interface NextBuild {
  readonly build: number
  readonly version: number
  /**
   * `closing`: the build that is read stands still while the next one folds the last commits.
   * `swapping`: the next one is complete and names are being exchanged; whoever finds it so finishes it.
   */
  readonly state: 'building' | 'closing' | 'swapping'
  /** ISO. */
  readonly startedAt: string
}

/** The builds of the views: one is read under the plain names, the next is made beside it. */
export interface Builds {
  record(projection: string): Promise<ProjectionRecord | undefined>
  /** Writes a record if the one before it, `revision - 1`, is still there (0: none). `false`: it was not. */
  put(record: ProjectionRecord): Promise<boolean>
  /** The views of a build beside those that are read. Makes their collections where there are none. */
  open(build: number): Promise<ViewStore>
  /** Marks a build's collections as complete: nothing is folded into them beside the views any more. */
  seal(build: number): Promise<void>
  /**
   * Puts the collections that were sealed in the place of those that are read. Doing it again, or finishing it, is
   * safe; what somebody wrote under their names later is not taken for them.
   */
  swap(build: number): Promise<void>
  /** Removes a build's collections (those beside, never those that are read). */
  drop(build: number): Promise<void>
  /** Removes the checkpoints kept under a name such as `crawl@1`. */
  forget(projection: string): Promise<void>
}
