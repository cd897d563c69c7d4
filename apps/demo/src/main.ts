import { explain } from 'crawl-ledger'
import { demo } from './demo.js'
import { FileError } from './messages-file.js'
import { help, readCommand } from './options.js'
import { processOutput as output } from './output.js'
import { DemoError } from './run.js'

/** Ctrl-C finishes what is under way; once more ends at once. Some terminals deliver one press twice. */
const untilCtrlC = (): AbortSignal => {
  const stop = new AbortController()
  let pressedAt = 0
  process.on('SIGINT', () => {
    if (!stop.signal.aborted) pressedAt = performance.now()
    else if (performance.now() - pressedAt > 500) process.exit(130)
    stop.abort()
  })
  return stop.signal
}

const sentence = (error: unknown): string =>
  error instanceof FileError || error instanceof DemoError ? error.message : explain(error)

const main = async (): Promise<number> => {
  const command = readCommand(process.argv.slice(2))
  if (command.kind === 'help') {
    output.say(help)
    return 0
  }
  if (command.kind === 'wrong') {
    output.warn(command.why)
    return 2
  }
  try {
    return await demo(command.options, { env: process.env, output, signal: untilCtrlC() })
  } catch (error) {
    output.warn(sentence(error))
    return 1
  }
}

// `demo | head` closes the pipe: there is nobody left to tell.
process.stdout.on('error', () => process.exit(0))

process.exitCode = await main()
