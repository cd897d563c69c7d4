import { explain } from 'crawl-ledger'
import { Ending } from 'crawl-ledger/ending'
import { demo } from './demo.js'
import { FileError } from './messages-file.js'
import { help, readCommand } from './options.js'
import { processOutput as output } from './output.js'
import { DemoError } from './run.js'

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
  const ending = new Ending({ log: { info: () => {}, warn: output.warn } })
  try {
    return await demo(command.options, { env: process.env, output, signal: ending.signal })
  } catch (error) {
    output.warn(sentence(error))
    return 1
  } finally {
    await ending.close()
  }
}

// `demo | head` closes the pipe: there is nobody left to tell.
process.stdout.on('error', () => process.exit(0))

process.exit(await main())
