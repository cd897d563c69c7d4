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

const figures = ['completed', 'failing', 'claimed', 'errors', 'durationMs', 'sizeBytes'] as const
const sums = ['found', 'finished', 'failing', 'givenUp', 'errors'] as const
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
  for (const { stage, ...figure } of added) {
    const last = rows[stagesKept - 1]
    const name = isFull && last !== undefined && order(stage, last.stage) > 0 ? otherStages : stage
    const at = sum.findIndex(row => row.stage === name)
    if (at >= 0) sum = sum.with(at, addRow(sum[at] as StageRow, figure))
    else sum = [...sum, addRow(emptyRow(name), figure)].sort((a, b) => inOrder(order, a.stage, b.stage))
  }
  return withinBound(sum.some(isZero) ? sum.filter(row => !isZero(row)) : sum)
}

/** The rows in the order of a plan that came late. */
export const sortRows = (rows: readonly StageRow[], plan: Plan): readonly StageRow[] =>
  rows.toSorted((a, b) => inOrder(byPlan(plan), a.stage, b.stage))

const inOrder = (order: (a: string, b: string) => number, a: string, b: string): number =>
  a === otherStages ? 1 : b === otherStages ? -1 : order(a, b)

const withinBound = (rows: readonly StageRow[]): readonly StageRow[] => {
  const others = rows.filter(row => row.stage === otherStages)
  const named = rows.filter(row => row.stage !== otherStages)
  if (named.length <= stagesKept) return rows
  const rest = [...named.slice(stagesKept), ...others].reduce(addRow, emptyRow(otherStages))
  return [...named.slice(0, stagesKept), rest]
}

const rowsOf = ({ rows = [] }: Change): ReadonlyMap<string, Partial<StageRow>> =>
  new Map(rows.map(row => [row.stage, row]))

const behindOf = ({ behind = [] }: Change): ReadonlyMap<string, number> =>
  new Map(behind.map(({ stage, items }) => [stage, items]))

const combineRows = (a: Change, b: Change, sign: 1 | -1): NonNullable<Change['rows']> => {
  const [left, right] = [rowsOf(a), rowsOf(b)]
  return [...new Set([...left.keys(), ...right.keys()])].flatMap(stage => {
    const row = Object.fromEntries(
      figures.flatMap(figure => {
        const sum = (left.get(stage)?.[figure] ?? 0) + sign * (right.get(stage)?.[figure] ?? 0)
        return sum === 0 ? [] : [[figure, sum]]
      }),
    )
    return Object.keys(row).length === 0 ? [] : [{ ...row, stage }]
  })
}

const combine = (a: Change, b: Change, sign: 1 | -1): Change => {
  const rows = combineRows(a, b, sign)
  const [left, right] = [behindOf(a), behindOf(b)]
  const behind = [...new Set([...left.keys(), ...right.keys()])].flatMap(stage => {
    const items = (left.get(stage) ?? 0) + sign * (right.get(stage) ?? 0)
    return items === 0 ? [] : [{ items, stage }]
  })
  const counted = sums.flatMap(name => {
    const sum = (a[name] ?? 0) + sign * (b[name] ?? 0)
    return sum === 0 ? [] : [[name, sum]]
  })
  const types = itemTypes.flatMap(type => {
    const sum = (a.types?.[type] ?? 0) + sign * (b.types?.[type] ?? 0)
    return sum === 0 ? [] : [[type, sum]]
  })
  return {
    ...Object.fromEntries(counted),
    ...(behind.length === 0 ? {} : { behind }),
    ...(rows.length === 0 ? {} : { rows }),
    ...(types.length === 0 ? {} : { types: Object.fromEntries(types) }),
  }
}

export const plus = (a: Change, b: Change): Change => combine(a, b, 1)
/** What must be added to `b` to make it `a`. */
export const minus = (a: Change, b: Change): Change => combine(a, b, -1)
export const isNothing = (change: Change): boolean => Object.keys(change).length === 0
