import { openToAnswer } from './open.js'

/** Answers as a user who owns nothing. What that loads is loaded before: that user need not be able to read this repository. */
const main = async (): Promise<void> => {
  await (await openToAnswer({ store: 'memory:' })).close()
  if (process.getuid?.() === 0) {
    process.setgroups?.([])
    process.setgid?.(65534)
    process.setuid?.(65534)
  }
  const ledger = await openToAnswer({ store: process.argv[2] ?? '' })
  process.stdout.write(JSON.stringify(await ledger.analytics('l')))
  await ledger.close()
}

void main()
