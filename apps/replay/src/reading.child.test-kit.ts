import { tryReading } from './reading.test-kit.js'

/**
 * Runs the reading commands as a user who owns nothing. All that they load is loaded before by running them on another
 * ledger: that user need not be able to read this repository.
 */
const main = async (): Promise<void> => {
  const [known = '', store = '', output = ''] = process.argv.slice(2)
  await tryReading(known, `${output}.known`)
  if (process.getuid?.() === 0) {
    process.setgroups?.([])
    process.setgid?.(65534)
    process.setuid?.(65534)
  }
  process.stdout.write(JSON.stringify(await tryReading(store, output)))
}

void main()
