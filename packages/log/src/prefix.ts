/**
 * The first text behind all those that begin with `prefix`, in the order of code points (which is that of UTF-8).
 * undefined when there is none: for the empty prefix, and where only U+10FFFF follows.
 */
export const prefixEnd = (prefix: string): string | undefined => {
  const points = Array.from(prefix)
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0
    // Half a surrogate is no character.
    const next = point === 0xd7ff ? 0xe000 : point + 1
    if (next <= 0x10ffff) return points.join('') + String.fromCodePoint(next)
  }
  return undefined
}
