import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { Presets, SingleBar } from 'cli-progress'
import { bytesOf, exportArchive, importArchive, keptInFile, writeFileOf, writeLines } from 'crawl-ledger'
import { count, outputOf } from '../output.js'
import { type Common, optionsOf } from '../store.js'
import { UsageError } from '../usage.js'

/** A bar on the terminal's error stream, whose total may not be known; nothing elsewhere. */
const barOf = (json: boolean) => {
  if (json || !process.stderr.isTTY) return { show: () => {}, stop: () => {} }
  const bar = new SingleBar(
    { format: '{state} {bar} {value}/{total} commits', stream: process.stderr },
    Presets.shades_classic,
  )
  bar.start(0, 0, { state: '' })
  return {
    show: (state: string, done: number, total = done): void => {
      bar.setTotal(total)
      bar.update(done, { state })
    },
    stop: () => bar.stop(),
  }
}

const isClosedPipe = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EPIPE'

export const exportTo = async (command: Common & { readonly output?: string }): Promise<number> => {
  const { output: path, json = false } = command
  const output = outputOf(json)
  if (path === undefined && json)
    throw new UsageError('--json goes with --output FILE: without it the archive is what is printed.')
  if (path !== undefined && !existsSync(dirname(path)))
    throw new UsageError(`There is no folder ${dirname(path)}.`)
  const bar = barOf(json)
  try {
    const commits = await exportArchive(optionsOf(command), {
      write: lines => (path === undefined ? writeLines(process.stdout, lines) : writeFileOf(path, lines)),
      onProgress: bar.show,
    })
    bar.stop()
    output.object({ commits, file: path })
    if (path !== undefined) output.say(`${path}: ${count(commits)} commits, as they are in the log.`)
    return 0
  } catch (error) {
    // Who reads the standard output has enough, and no archive is whole now.
    if (path === undefined && isClosedPipe(error)) return 1
    throw error
  } finally {
    bar.stop()
  }
}

const sourceOf = async (file: string): Promise<{ readonly path: string; readonly remove: () => void }> => {
  if (file === '-') return keptInFile(process.stdin)
  if (!existsSync(file) || !statSync(file).isFile()) throw new UsageError(`There is no file ${file}.`)
  return { path: file, remove: () => {} }
}

export const importFrom = async (file: string, command: Common): Promise<number> => {
  const output = outputOf(command.json === true)
  const { path, remove } = await sourceOf(file)
  const bar = barOf(command.json === true)
  try {
    const done = await importArchive(optionsOf(command), { read: () => bytesOf(path), onProgress: bar.show })
    bar.stop()
    output.object(done)
    const before = done.commits - done.added
    output.say(
      `${count(done.added)} commits imported${before > 0 && !done.resettled ? `, ${count(before)} were there before` : ''}.` +
        `${done.resettled ? ' The ledger has another number of partitions, so they have new places and hashes.' : ''}`,
    )
    output.say('Their views are made by a projector, or now: crawl-replay rebuild')
    return 0
  } finally {
    bar.stop()
    remove()
  }
}
