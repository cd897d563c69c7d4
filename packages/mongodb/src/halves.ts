import { encodingFault } from './errors.js'

/**
 * Writes many at once. Where the driver cannot encode them it refuses the whole without a word on each: halves tell
 * which one it was, and the others are written.
 *
 * @param write answers for what it is given; what it throws besides comes through
 * @param refused answers for the one that cannot be encoded, and why
 */
export const inHalves = async <W, R>(
  all: readonly W[],
  write: (some: readonly W[]) => Promise<readonly R[]>,
  refused: (one: W, reason: string) => R,
): Promise<readonly R[]> => {
  try {
    return await write(all)
  } catch (error) {
    const reason = encodingFault(error)
    const [only, ...others] = all
    if (reason === undefined || only === undefined) throw error
    if (others.length === 0) return [refused(only, reason)]
    const half = Math.ceil(all.length / 2)
    return [
      ...(await inHalves(all.slice(0, half), write, refused)),
      ...(await inHalves(all.slice(half), write, refused)),
    ]
  }
}
