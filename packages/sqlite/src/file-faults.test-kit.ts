import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { openDatabase } from './engine.js'

/** SQLite's files of a database. */
const filesOf = (path: string): readonly string[] =>
  ['', '-wal', '-shm'].map(suffix => path + suffix).filter(existsSync)

export const deleteDatabase = (path: string): void => {
  for (const file of filesOf(path)) rmSync(file)
}

/** Into a folder that is made where it is absent. */
export const moveDatabase = (path: string, to: string): void => {
  mkdirSync(dirname(to), { recursive: true })
  for (const file of filesOf(path)) renameSync(file, to + file.slice(path.length))
}

/**
 * Does it in another process: one that closes a file loses all the locks that it has on it, also those of SQLite.
 * `file` is open in `script`.
 */
const elsewhere = (path: string, script: string): void => {
  const opened = `const fs = require('node:fs'); const file = fs.openSync(process.argv[1], 'r+'); ${script}`
  const { status, stderr } = spawnSync(process.execPath, ['-e', opened, path])
  if (status !== 0) throw new Error(String(stderr))
}

/** Leaves nothing of what is in it. */
export const emptyDatabase = (path: string): void => elsewhere(path, 'fs.ftruncateSync(file)')

/** Destroys the first page of a table. To be called while nobody has the file open, or what it opened has not read it. */
export const damageTable = (path: string, table: string): (() => void) => {
  const db = openDatabase(path)
  const { page } = db.prepare('SELECT rootpage AS page FROM sqlite_master WHERE name = ?').get(table) as {
    page: number
  }
  const { size } = db.prepare('SELECT page_size AS size FROM pragma_page_size').get() as { size: number }
  db.close()
  return () =>
    elsewhere(path, `fs.writeSync(file, Buffer.alloc(${size}, 0xff), 0, ${size}, ${(page - 1) * size})`)
}
