import { realpathSync, type Stats, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { StoreLost } from '@crawl-ledger/log'

/** A look costs some ten microseconds, so that not each message is to pay it. */
const betweenLooksMs = 100

/** Looks whether the files that were opened are still in their places. */
export interface SameFile {
  /**
   * At most every 100 ms; in between the last answer holds.
   *
   * @throws StoreLost while another file is there, or none
   */
  look(): void
  /** Whether the path leads to it now, whatever became of those beside it. */
  isInPlace(): boolean
}

const fileAt = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false })

const isSame = (found: Stats | undefined, before: Stats): boolean =>
  found !== undefined && found.ino === before.ino && found.dev === before.dev

const putBack =
  'Put it back, with those that end in -wal and -shm, and it goes on; or stop all processes that use it, and start them ' +
  'with the file that is to be used.'
const takeBackup = 'Stop all processes that use it, and put a backup in its place.'
const endOrderly =
  'Stop all processes that use it, with SIGTERM and not with SIGKILL: the last one writes into the file what only the lost one held.'

/** What became of the file; undefined where it is as it was. */
const lossOf = (path: string, before: Stats): readonly [what: string, advice: string] | undefined => {
  const found = fileAt(path)
  if (found === undefined) return ['was deleted or moved', putBack]
  if (!isSame(found, before)) return ['was replaced by another file', putBack]
  // One that was opened as a ledger has a page at least.
  return found.size === 0 ? ['was emptied', takeBackup] : undefined
}

/**
 * To be called when SQLite has read the file: only then are those beside it there. Where there is no file, as in memory,
 * nothing is looked for.
 *
 * A link is followed each time, as whoever opens the file would. The files beside it are beside what it led to.
 *
 * @param store the store's name, as errors have it
 */
export const sameFile = (
  path: string,
  store: string,
  now: () => number = () => performance.now(),
): SameFile => {
  const place = resolve(path)
  const opened = path === ':memory:' ? undefined : fileAt(place)
  if (opened === undefined) return { look: () => {}, isInPlace: () => false }
  const real = realpathSync(place)
  const beside = ['-wal', '-shm'].flatMap(suffix => {
    const file = fileAt(real + suffix)
    return file === undefined ? [] : [{ path: real + suffix, file }]
  })
  const loss = (): readonly [what: string, advice: string] | undefined => {
    const ofFile = lossOf(place, opened)
    if (ofFile !== undefined) return ofFile
    const lost = beside.find(({ path, file }) => !isSame(fileAt(path), file))
    return lost && [`lost the file ${lost.path}, which was deleted or replaced`, endOrderly]
  }
  let last = now()
  let lost: StoreLost | undefined
  return {
    look: () => {
      if (now() - last >= betweenLooksMs) {
        const found = loss()
        lost = found && new StoreLost(store, ...found)
        last = now()
      }
      if (lost !== undefined) throw lost
    },
    isInPlace: () => isSame(fileAt(place), opened),
  }
}
