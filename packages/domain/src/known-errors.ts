import type { ErrorData } from './events.js'
import {
  byTimeOfError,
  countingSide,
  errorData,
  errorKey,
  hasFailed,
  isFailing,
  type KnownError,
} from './known-error.js'
import { PersistentMap } from './persistent-map.js'

/** A number of errors: of all, and of those that error messages told, which is what counts where entries are copies. */
interface Figure {
  readonly all: number
  readonly own: number
}

/** What deciding asks of a stage's errors. */
interface StageErrors {
  readonly counting: Figure
  readonly failing: Figure
  /** How many ever failed it. */
  readonly failed: number
  /** The latest of all that fail it. */
  readonly latest: ErrorData | undefined
}

const none: StageErrors = {
  counting: { all: 0, own: 0 },
  failing: { all: 0, own: 0 },
  failed: 0,
  latest: undefined,
}

const plus = (
  { all, own }: Figure,
  error: KnownError,
  sign: 1 | -1,
  holds: (error: KnownError, isCopied: boolean) => boolean,
): Figure => ({
  all: all + (holds(error, false) ? sign : 0),
  own: own + (holds(error, true) ? sign : 0),
})

const isCounting = (error: KnownError, isCopied: boolean): boolean =>
  countingSide(error, isCopied) !== undefined

/** The error as a failure of a batch; undefined where it is none. */
const failureOf = (error: KnownError): ErrorData | undefined => {
  const side = isFailing(error, false) ? countingSide(error, false) : undefined
  return side === undefined ? undefined : errorData(error, side)
}

const later = (a: ErrorData | undefined, b: ErrorData | undefined): ErrorData | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  return byTimeOfError(a, b) > 0 ? a : b
}

/** The errors of a batch or of an item, counted by stage as they come: no question walks over them. */
export class KnownErrors {
  static readonly empty = new KnownErrors(PersistentMap.empty(), PersistentMap.empty())

  private constructor(
    private readonly errors: PersistentMap<KnownError>,
    private readonly byStage: PersistentMap<StageErrors>,
  ) {}

  get size(): number {
    return this.errors.size
  }

  get(key: string): KnownError | undefined {
    return this.errors.get(key)
  }

  values(): IterableIterator<KnownError> {
    return this.errors.values()
  }

  /** The stages that there are errors of. */
  stages(): IterableIterator<string> {
    return this.byStage.keys()
  }

  counting(stage: string, isCopied: boolean): number {
    const { all, own } = this.of(stage).counting
    return isCopied ? own : all
  }

  isFailing(stage: string, isCopied: boolean): boolean {
    const { all, own } = this.of(stage).failing
    return (isCopied ? own : all) > 0
  }

  failed(stage: string): number {
    return this.of(stage).failed
  }

  latestFailure(stage: string): ErrorData | undefined {
    return this.of(stage).latest
  }

  with(error: KnownError): KnownErrors {
    const { stage } = error
    const key = errorKey(stage, error.error, error.at)
    const before = this.errors.get(key)
    const errors = this.errors.set(key, error)
    const left = before === undefined ? this.of(stage) : counted(this.of(stage), before, -1)
    const tally = counted(left, error, 1)
    const was = before === undefined ? undefined : failureOf(before)
    const isLatest = was !== undefined && left.latest !== undefined && byTimeOfError(was, left.latest) === 0
    const is = failureOf(error)
    // Only where the latest fails no more, which is seldom, the others are looked through for the next one.
    const latest = isLatest ? (is ?? latestOf(errors.values(), stage)) : later(is, left.latest)
    return new KnownErrors(errors, this.byStage.set(stage, { ...tally, latest }))
  }

  /** None of a stage, or of any, fails it any more. */
  retried(only: string | undefined): KnownErrors {
    let { errors, byStage } = this
    const isMeant = (stage: string): boolean => only === undefined || only === stage
    for (const [key, error] of [...errors])
      if (isMeant(error.stage) && !error.isRetried) errors = errors.set(key, { ...error, isRetried: true })
    for (const [stage, tally] of [...byStage])
      if (isMeant(stage)) byStage = byStage.set(stage, { ...tally, failing: none.failing, latest: undefined })
    return new KnownErrors(errors, byStage)
  }

  private of(stage: string): StageErrors {
    return this.byStage.get(stage) ?? none
  }
}

const counted = (tally: StageErrors, error: KnownError, sign: 1 | -1): StageErrors => ({
  ...tally,
  counting: plus(tally.counting, error, sign, isCounting),
  failing: plus(tally.failing, error, sign, isFailing),
  failed: tally.failed + (hasFailed(error) ? sign : 0),
})

const latestOf = (errors: Iterable<KnownError>, stage: string): ErrorData | undefined => {
  let latest: ErrorData | undefined
  for (const error of errors) if (error.stage === stage) latest = later(failureOf(error), latest)
  return latest
}
