import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { addAbortSignal } from 'node:stream'
import { bytesOf, exportArchive, importArchive, keptInFile, writeFileOf, writeLines } from 'crawl-ledger'
import { interruptible } from '../interruption.js'
import { count, counted, outputOf } from '../output.js'
import { progressBar } from '../progress-bar.js'
import { type Common, optionsOf } from '../store.js'
import { UsageError } from '../usage.js'

const barFormat = '{state} {bar} {value}/{total} commits'

/** Said after an import: an archive holds no views. */
export const viewsComeNext = 'Their views are made by a projector, or now: crawl-replay rebuild'

const isClosedPipe = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EPIPE'

export const exportTo = async (command: Common & { readonly output?: string }): Promise<number> => {
  const { output: path, json = false } = command
  const output = outputOf(json)
  if (path === undefined && json)
    throw new UsageError('--json goes with --output FILE: without it the archive is what is printed.')
  if (path !== undefined && !existsSync(dirname(path)))
    throw new UsageError(`There is no folder ${dirname(path)}.`)
  try {
    const commits = await interruptible('Stopped. No archive was written.', async signal => {
      const bar = progressBar(json, barFormat)
      try {
        return await exportArchive(optionsOf(command), {
          write: lines => (path === undefined ? writeLines(process.stdout, lines) : writeFileOf(path, lines)),
          onProgress: (state, done, total) => {
            signal.throwIfAborted()
            bar?.show(done, total, { state })
          },
        })
      } finally {
        bar?.stop()
      }
    })
    output.object({ commits, file: path })
    if (path !== undefined) output.say(`${path}: ${counted(commits, 'commit')}, as they are in the log.`)
    return 0
  } catch (error) {
    // Who reads the standard output has enough, and no archive is whole now.
    if (path === undefined && isClosedPipe(error)) return 1
    throw error
  }
}

const sourceOf = async (
  file: string,
  signal: AbortSignal,
): Promise<{ readonly path: string; readonly remove: () => void }> => {
  if (file === '-') return keptInFile(addAbortSignal(signal, process.stdin))
  if (!existsSync(file) || !statSync(file).isFile()) throw new UsageError(`There is no file ${file}.`)
  return { path: file, remove: () => {} }
}

export const importFrom = async (file: string, command: Common): Promise<number> => {
  const output = outputOf(command.json === true)
  const done = await interruptible('Stopped. Run it again to go on.', async signal => {
    const { path, remove } = await sourceOf(file, signal)
    const bar = progressBar(output.json, barFormat)
    try {
      return await importArchive(optionsOf(command), {
        read: () => bytesOf(path),
        onProgress: (state, commits, total = commits) => {
          signal.throwIfAborted()
          bar?.show(commits, total, { state })
        },
      })
    } finally {
      bar?.stop()
      remove()
    }
  })
  output.object(done)
  const before = done.commits - done.added
  output.say(
    `${counted(done.added, 'commit')} imported${before > 0 && !done.resettled ? `, ${count(before)} were there before` : ''}.` +
      `${done.resettled ? ' The ledger has another number of partitions, so they have new places and hashes.' : ''}`,
  )
  output.say(viewsComeNext)
  return 0
}
