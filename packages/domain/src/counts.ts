import { byPlan, type Plan } from './plan.js'

/** The figures of one stage: of a workflow, a location or an item. */
export interface StageRow {
  readonly stage: string
  /** How many have it done: 1 for a stage of a batch, else items. */
  readonly completed: number
  /** How many failed it and have neither done nor retried it. */
  readonly failing: number
  /** How many a server works on, or worked on when it was last heard of. */
  readonly claimed: number
  readonly errors: number
  /** Milliseconds, in all. */
  readonly durationMs: number
  /** Bytes, in all. */
  readonly sizeBytes: number
}

/** What a message adds, or what a subject counts in all: absent is nothing. */
export interface Change {
  readonly rows?: readonly (Partial<StageRow> & { readonly stage: string })[]
  readonly found?: number
  readonly finished?: number
  readonly failing?: number
  readonly givenUp?: number
  readonly errors?: number
  /** Items that have an item stage behind them: it is done, or they are finished. */
  readonly behind?: readonly { readonly stage: string; readonly items: number }[]
  readonly types?: {
    readonly video?: number
    readonly image?: number
    readonly post?: number
    readonly other?: number
  }
}

// In the order of the canonical form, which then needs no sorting.
const figures = ['claimed', 'completed', 'durationMs', 'errors', 'failing', 'sizeBytes'] as const
const sums = ['errors', 'failing', 'finished', 'found', 'givenUp'] as const
export const itemTypes = ['video', 'image', 'post', 'other'] as const

/** How many stages a document counts apart; what is beyond is counted under `otherStages`. */
export const stagesKept = 100
export const otherStages = '(other stages)'

const emptyRow = (stage: string): StageRow => ({
  stage,
  completed: 0,
  failing: 0,
  claimed: 0,
  errors: 0,
  durationMs: 0,
  sizeBytes: 0,
})

const addRow = (row: StageRow, added: Partial<StageRow>): StageRow => ({
  stage: row.stage,
  completed: row.completed + (added.completed ?? 0),
  failing: row.failing + (added.failing ?? 0),
  claimed: row.claimed + (added.claimed ?? 0),
  errors: row.errors + (added.errors ?? 0),
  durationMs: row.durationMs + (added.durationMs ?? 0),
  sizeBytes: row.sizeBytes + (added.sizeBytes ?? 0),
})

const isZero = (row: Partial<StageRow>): boolean => figures.every(figure => (row[figure] ?? 0) === 0)

/**
 * The rows with these added, in the plan's order, those outside it as text. Beyond 100 the last ones are one row: a
 * stage that is in it stays in it, whichever come later, so that the order of arrival makes no difference.
 */
export const addRows = (
  rows: readonly StageRow[],
  added: readonly (Partial<StageRow> & { readonly stage: string })[],
  plan: Plan,
): readonly StageRow[] => {
  const isFull = rows.length > stagesKept
  const order = byPlan(plan)
  let sum = rows
  let mayBeZero = false
  for (const { stage, ...figure } of added) {
    const last = rows[stagesKept - 1]
    const name = isFull && last !== undefined && order(stage, last.stage) > 0 ? otherStages : stage
    const at = sum.findIndex(row => row.stage === name)
    if (at >= 0) {
      const row = addRow(sum[at] as StageRow, figure)
      mayBeZero ||= isZero(row)
      sum = sum.with(at, row)
    } else if (!isZero(figure))
      sum = [...sum, addRow(emptyRow(name), figure)].sort((a, b) => inOrder(order, a.stage, b.stage))
  }
  return withinBound(mayBeZero ? sum.filter(row => !isZero(row)) : sum)
}

/** The rows in the order of a plan that came late. */
export const sortRows = (rows: readonly StageRow[], plan: Plan): readonly StageRow[] =>
  rows.toSorted((a, b) => inOrder(byPlan(plan), a.stage, b.stage))

const inOrder = (order: (a: string, b: string) => number, a: string, b: string): number =>
  a === otherStages ? 1 : b === otherStages ? -1 : order(a, b)

const withinBound = (rows: readonly StageRow[]): readonly StageRow[] => {
  if (rows.length <= stagesKept) return rows
  const others = rows.filter(row => row.stage === otherStages)
  const named = rows.filter(row => row.stage !== otherStages)
  if (named.length <= stagesKept) return rows
  const rest = [...named.slice(stagesKept), ...others].reduce(addRow, emptyRow(otherStages))
  return [...named.slice(0, stagesKept), rest]
}

/** Sums changes up. What is there once is read as one change; figures that come to nothing are absent. */
export class Tally {
  private readonly rows = new Map<string, number[]>()
  private readonly behind = new Map<string, number>()
  private readonly sums = sums.map(() => 0)
  private readonly types = itemTypes.map(() => 0)

  /** @param sign -1 takes away */
  add(change: Change, sign: 1 | -1 = 1): this {
    for (const row of change.rows ?? []) {
      const known = this.rows.get(row.stage) ?? figures.map(() => 0)
      figures.forEach((figure, i) => {
        known[i] = (known[i] ?? 0) + sign * (row[figure] ?? 0)
      })
      this.rows.set(row.stage, known)
    }
    for (const { stage, items } of change.behind ?? [])
      this.behind.set(stage, (this.behind.get(stage) ?? 0) + sign * items)
    sums.forEach((name, i) => {
      this.sums[i] = (this.sums[i] ?? 0) + sign * (change[name] ?? 0)
    })
    if (change.types !== undefined)
      for (const [i, type] of itemTypes.entries())
        this.types[i] = (this.types[i] ?? 0) + sign * (change.types[type] ?? 0)
    return this
  }

  sum(): Change {
    const rows = [...this.rows].filter(([, row]) => row.some(figure => figure !== 0))
    const behind = [...this.behind].filter(([, items]) => items !== 0)
    const types = named(itemTypes, this.types)
    return {
      ...(behind.length === 0 ? {} : { behind: behind.map(([stage, items]) => ({ items, stage })) }),
      ...named(sums, this.sums),
      ...(rows.length === 0 ? {} : { rows: rows.map(([stage, row]) => ({ ...named(figures, row), stage })) }),
      ...(types === undefined ? {} : { types }),
    }
  }
}

/** Numbers by their names; undefined where all are nothing. */
const named = <N extends string>(
  names: readonly N[],
  values: readonly number[],
): { [K in N]?: number } | undefined => {
  let object: { [K in N]?: number } | undefined
  names.forEach((name, i) => {
    const value = values[i] ?? 0
    if (value === 0) return
    object ??= {}
    object[name] = value
  })
  return object
}

/** What must be added to `b` to make it `a`. */
export const minus = (a: Change, b: Change): Change => new Tally().add(a).add(b, -1).sum()

export const isNothing = (change: object): boolean => {
  for (const _ in change) return false
  return true
}
