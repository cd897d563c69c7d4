import type { FoldFailure } from './fold.js'

export type Stage = 'read' | 'load' | 'fold' | 'write'

/** What a projector tells of its work. */
export interface ProjectorMeter {
  timed<A>(stage: Stage, work: () => Promise<A>): Promise<A>
  /** A batch was saved, of so many commits; these could not be folded. */
  batch(commits: number, failures: readonly FoldFailure[]): void
  /** Somebody else had written. */
  conflict(): void
}

export const noMeter: ProjectorMeter = {
  timed: (_stage, work) => work(),
  batch: () => {},
  conflict: () => {},
}
