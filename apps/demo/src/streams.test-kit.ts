import { spawnSync } from 'node:child_process'
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** Numbers from 0 to 1 that a seed fixes (mulberry32). */
export const numbersOf = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export const fileOf = (folder: string, name: string): string => join(folder, `social-${name}.jsonl.gz`)

const linesOf = async (file: string): Promise<string[]> =>
  gunzipSync(await readFile(file))
    .toString('utf8')
    .split('\n')
    .filter(line => line !== '')

const written = async (file: string, lines: readonly string[]): Promise<string> => {
  await writeFile(file, lines.map(line => `${line}\n`).join(''))
  return file
}

/** The stream with its lines in another order, in a file. */
export const shuffled = async (stream: string, seed: number, into: string): Promise<string> => {
  const lines = await linesOf(stream)
  const next = numbersOf(seed)
  for (let i = lines.length - 1; i > 0; i -= 1) {
    const j = Math.floor(next() * (i + 1))
    const [a = '', b = ''] = [lines[i], lines[j]]
    lines[i] = b
    lines[j] = a
  }
  return written(join(into, 'shuffled.jsonl'), lines)
}

/** The stream dealt round robin to files. */
export const dealt = async (stream: string, hands: number, into: string): Promise<readonly string[]> => {
  const lines = await linesOf(stream)
  return Promise.all(
    Array.from({ length: hands }, (_, hand) =>
      written(
        join(into, `dealt-${hand}.jsonl`),
        lines.filter((_, i) => i % hands === hand),
      ),
    ),
  )
}

/** A pipe that a process reads as a file, and what gives it a part of the stream; then the pipe stays open. */
export const piped = async (stream: string, into: string) => {
  const lines = await linesOf(stream)
  const pipe = join(into, 'piped.jsonl')
  spawnSync('mkfifo', [pipe])
  return {
    pipe,
    lines: lines.length,
    /** Resolves when so many lines are taken, but for what a pipe holds. */
    give: async (count: number) => {
      const file = await open(pipe, 'w')
      await file.writeFile(
        lines
          .slice(0, count)
          .map(line => `${line}\n`)
          .join(''),
      )
      return file
    },
  }
}
