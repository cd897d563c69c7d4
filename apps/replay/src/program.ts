import { Command, CommanderError, Option } from 'commander'
import { UsageError, wholeOf } from './usage.js'

// Everything that a command needs is loaded when it runs: `--help` is there at once.

const examples = `
Examples
  crawl-replay status --store mongodb://HOST/ta_crawler     how far the views are behind the log
  crawl-replay verify                                       is the log as it was written, are the views what it says
  crawl-replay rebuild                                      build the views anew, while services go on
  crawl-replay export --output ledger.jsonl.gz              a copy that every store takes: crawl-replay import
  crawl-replay state osaka-8 batch-7 --at 2026-11-24T12:00:00Z

The store is --store, or STORE or MONGODB_URI in the environment, or else sqlite:crawl.db. With AUDIT_KEY in the environment the hash
chain is checked as an HMAC. Ends with 0 when all is well, 1 for a finding or an error, 2 for a wrong command line.
In this repository: npx -y pnpm@12 replay COMMAND`

const moments = `
A position is what crawl-replay history shows first. A time is when the store took the events, in ISO 8601, such as
2026-11-24T12:00:00Z; without a zone it is this machine's.`

/** The program. `done` is told the exit code of the command that ran. */
export const program = (done: (code: number) => void): Command => {
  const root = new Command('crawl-replay')
    .description(
      'Looks at a ledger, checks it, and builds its views anew. The log is the truth; the views can always be made again.',
    )
    .addHelpText('after', examples)
    .showHelpAfterError('(crawl-replay --help tells more)')
    .exitOverride()

  const command = (parent: Command, name: string, description: string): Command =>
    parent
      .command(name)
      .description(description)
      .exitOverride()
      .option(
        '--store <URL>',
        'mongodb://HOST/DATABASE, mongodb+srv://…, or sqlite:FILE; by default STORE or MONGODB_URI',
      )
      .option('--json', 'print JSON and nothing else')

  /** Runs what is loaded, with the arguments and then the options. */
  const does =
    (load: () => Promise<(...args: never[]) => Promise<number>>) =>
    async (...args: unknown[]): Promise<void> => {
      const work = (await load()) as (...args: unknown[]) => Promise<number>
      done(await work(...args.slice(0, -1)))
    }

  const whole = (flags: string, description: string): Option =>
    new Option(flags, description).argParser(wholeOf(flags.split(' ')[0] ?? flags))

  command(root, 'status', 'how each partition stands: how far it is folded, who holds it, what is held back')
    .addHelpText(
      'after',
      `
Ends with 1 when something will not go on by itself, and says what to do. A log that is ahead is none of that: workers
fold it.`,
    )
    .action(does(async () => (await import('./commands/status.js')).status))

  command(
    root,
    'rebuild',
    'fold the whole log into new views beside those that are read, and then put them in their place',
  )
    .option('--projection <NAME>', 'which projection', 'crawl')
    .option('--dry-run', 'say what would be done, and write nothing')
    .option('--downgrade', 'also where a newer version of crawl-ledger made the views')
    .addOption(whole('--throttle <N>', 'at most so many events a second'))
    .addOption(whole('--memory <MB>', 'how much memory waiting documents may take; by default 256'))
    .addHelpText(
      'after',
      `
Services and workers go on meanwhile, and readers see the old views or the new ones, never a part. Ctrl-C ends it after
the batch in hand; run it again to go on, or crawl-replay cancel to leave nothing of it.`,
    )
    .action(does(async () => (await import('./commands/rebuild.js')).rebuild))

  command(root, 'cancel', 'end a rebuild without trace, one that runs or one that was begun and left').action(
    does(async () => (await import('./commands/rebuild.js')).cancel),
  )

  command(
    root,
    'verify',
    'check the log (hashes, gaps, ids, checkpoints) and each document of the views against it',
  )
    .option('--repair', 'write anew just the documents that differ, if the log is sound')
    .addOption(whole('--memory <MB>', 'how much memory folding may take; by default 256'))
    .addHelpText(
      'after',
      `
Services and workers go on meanwhile. Every finding names its place; what cannot be known is said too. Ends with 1 when
something was found that is not repaired.`,
    )
    .action(does(async () => (await import('./commands/verify.js')).verify))

  command(root, 'history', 'every event of a workflow or of a location, in the order of the log')
    .argument('<location>', 'LOCATION for all of its workflows, or LOCATION/BATCH')
    .argument('[batch]', 'the batch, where it is not in the first word')
    .addHelpText(
      'after',
      `
Examples
  crawl-replay history osaka-8 batch-7
  crawl-replay history osaka-8 --json | jq '.events[] | select(.event.type == "ErrorRecorded")'`,
    )
    .action(does(async () => (await import('./commands/history.js')).history))

  command(root, 'state', 'a workflow as it was')
    .argument('<location>', 'LOCATION, or LOCATION/BATCH where neither holds a slash')
    .argument('[batch]', 'the batch, where it is not in the first word')
    .option('--at <MOMENT>', 'a position (digits) or a time; by default now')
    .addHelpText(
      'after',
      `${moments}

Examples
  crawl-replay state osaka-8 batch-7
  crawl-replay state osaka-8 batch-7 --at 17`,
    )
    .action(does(async () => (await import('./commands/state.js')).state))

  command(root, 'diff', 'what changed of a workflow between two moments')
    .argument('<location>', 'LOCATION, or LOCATION/BATCH where neither holds a slash')
    .argument('[batch]', 'the batch, where it is not in the first word')
    .requiredOption('--from <MOMENT>', 'a position (digits) or a time')
    .option('--to <MOMENT>', 'a position or a time; by default now')
    .addHelpText(
      'after',
      `${moments}

Examples
  crawl-replay diff osaka-8 batch-7 --from 17 --to 40
  crawl-replay diff osaka-8 batch-7 --from 2026-11-24T12:00:00Z`,
    )
    .action(does(async () => (await import('./commands/state.js')).diff))

  command(root, 'tail', 'events as they come, until Ctrl-C')
    .option('--location <ID>', 'only those of this location')
    .option('--type <TYPE>', 'only events of this type, such as ErrorRecorded')
    .addHelpText(
      'after',
      `
Shows what is appended from now on; crawl-replay history has what was. With --json each event is a line.`,
    )
    .action(does(async () => (await import('./commands/tail.js')).tail))

  command(root, 'export', 'write the log as JSON Lines: a header, each commit in order, and a digest')
    .option('--output <FILE>', 'compressed if it ends in .gz; by default the standard output')
    .addHelpText(
      'after',
      `
The log is checked first, and one that does not verify is not exported. Services go on meanwhile; the archive ends where
the log ended at the start. The same log always gives the same bytes.`,
    )
    .action(does(async () => (await import('./commands/archive.js')).exportTo))

  command(root, 'import', 'put an archive into an empty ledger; or append what the old system left')
    .argument('[file]', 'what crawl-replay export wrote; - for the standard input')
    .option(
      '--from-collections [URL]',
      'mongodb://HOST/DATABASE with workflows, locations and media of the old system, or what a ledger that moved in ' +
        'made of them: NAME_before; by default in the database of the store. A second run adds nothing',
    )
    .addHelpText(
      'after',
      `
Examples
  crawl-replay import ledger.jsonl.gz --store sqlite:copy.db
  crawl-replay import --store mongodb://HOST/ta_crawler --from-collections
  crawl-replay import --store mongodb://HOST/ta_crawler --from-collections mongodb://HOST/old_database

An archive is checked whole before anything is written. A ledger that is not there is made, with the archive's number of
partitions or PARTITIONS; with another one the commits get new places, and the history of each location stays the same.
Killed, it goes on when it is run again.`,
    )
    .action(does(async () => (await import('./commands/import.js')).importInto))

  const quarantine = root
    .command('quarantine')
    .description('commits that could not be folded, and what waits behind them')
    .exitOverride()
    .addHelpText(
      'after',
      `
Look first (list, show), mend what was wrong, then retry. Discard is for what can never be folded.`,
    )
  command(quarantine, 'list', 'what is held back').action(
    does(async () => (await import('./commands/quarantine.js')).list),
  )
  command(quarantine, 'show', 'the commit, and the documents that wait for it')
    .argument('<place>', 'PARTITION:POSITION')
    .action(does(async () => (await import('./commands/quarantine.js')).show))
  command(quarantine, 'retry', 'fold it and what waits behind it, after what was wrong is mended')
    .argument('<place>', 'PARTITION:POSITION')
    .action(does(async () => (await import('./commands/quarantine.js')).retry))
  command(quarantine, 'discard', 'leave it out of the documents that wait for it; the log keeps it')
    .argument('<place>', 'PARTITION:POSITION')
    .option('--yes', 'this is meant')
    .action(does(async () => (await import('./commands/quarantine.js')).discard))

  const deadLetters = root
    .command('dead-letters')
    .description('messages that Service Bus keeps apart, since no consumer could take them')
    .exitOverride()
  const ofEntity = (name: string, description: string): Command =>
    deadLetters
      .command(name)
      .description(description)
      .exitOverride()
      .option('--queue <NAME>', 'those of a queue')
      .option('--topic <NAME>', 'those of a topic’s subscription, with --subscription')
      .option('--subscription <NAME>')
      .option('--json', 'print JSON and nothing else')
      .addHelpText(
        'after',
        `
The broker is AZURE_SERVICE_BUS_CONNECTION_STRING, or AZURE_SERVICE_BUS_NAMESPACE with the identity of the machine.`,
      )
  ofEntity('list', 'each with its number, its reason and what it says')
    .addOption(whole('--limit <N>', 'at most so many, the oldest first; by default 100'))
    .action(does(async () => (await import('./commands/dead-letters.js')).list))
  ofEntity('resend', 'send them again to where they were sent first, after what was wrong is mended')
    .argument('[number...]', 'which ones, by their numbers')
    .option('--all', 'all that are there')
    .action(does(async () => (await import('./commands/dead-letters.js')).resend))
  return root
}

/** 2 for a wrong command line, 0 where help was asked for; undefined for any other error. */
export const usageCode = (error: unknown): number | undefined => {
  if (error instanceof UsageError) return 2
  if (!(error instanceof CommanderError)) return undefined
  return error.code === 'commander.helpDisplayed' ? 0 : 2
}
