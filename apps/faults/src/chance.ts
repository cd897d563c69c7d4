/** Chance that can be had again: the same numbers for the same seed. */
export interface Chance {
  readonly seed: number
  /** From `low` (included) to `high` (not included). */
  between(low: number, high: number): number
  pick<A>(values: readonly A[]): A
}

/** Mulberry32, by Tommy Ettinger, public domain. */
const numbers = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const { SEED } = process.env
const seed = SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(SEED)
process.stdout.write(`SEED=${seed}\n`)

/** The chance of one test: what it draws does not depend on which tests ran before. */
export const chanceOf = (name: string): Chance => {
  let mixed = seed
  for (const character of name) mixed = (Math.imul(mixed, 31) + (character.codePointAt(0) ?? 0)) >>> 0
  const next = numbers(mixed)
  const between = (low: number, high: number): number => low + next() * (high - low)
  return { seed, between, pick: values => values[Math.floor(between(0, values.length))] as never }
}
