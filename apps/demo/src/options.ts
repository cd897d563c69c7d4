import { parseArgs } from 'node:util'

export interface Options {
  /** The file of messages; the sample where none is named. */
  readonly from?: string
  /** The URL of a store; a SQLite file of its own for each file of messages where none is named. */
  readonly store?: string
  /** What the messages go through on their way to the ledger. */
  readonly via?: 'service-bus'
  readonly json: boolean
  readonly serve: boolean
}

export type Command =
  | { readonly kind: 'run'; readonly options: Options }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly why: string }

const known = {
  from: { type: 'string' },
  store: { type: 'string' },
  via: { type: 'string' },
  json: { type: 'boolean' },
  serve: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const examples: { readonly [option: string]: string } = {
  from: '--from messages.jsonl.gz',
  store: '--store sqlite:crawl.db',
  via: '--via service-bus',
}

const wrong = (why: string): Command => ({ kind: 'wrong', why: `${why} See --help.` })

/** What the command line asks for. */
export const readCommand = (args: readonly string[]): Command => {
  // `npm run demo -- --json` and `pnpm demo -- --json` both mean `--json`.
  const given = args[0] === '--' ? args.slice(1) : [...args]
  const { tokens, values } = parseArgs({
    args: given,
    options: known,
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  for (const token of tokens) {
    if (token.kind === 'positional')
      return wrong(`"${token.value}" is not expected: a file is named with --from ${token.value}.`)
    if (token.kind !== 'option') continue
    const type = Object.hasOwn(known, token.name) ? known[token.name as keyof typeof known].type : undefined
    if (type === undefined) return wrong(`There is no option ${token.rawName}.`)
    if (type === 'boolean' && token.value !== undefined) return wrong(`${token.rawName} takes no value.`)
    const missing = !token.value || (!token.inlineValue && token.value.startsWith('-'))
    if (type === 'string' && missing)
      return wrong(`${token.rawName} needs a value, as in ${examples[token.name]}.`)
  }
  const { from, store, via, json, serve, help } = values
  if (help === true) return { kind: 'help' }
  if (json === true && serve === true)
    return wrong('--json ends with one object and --serve stays up: use one of them.')
  if (via !== undefined && via !== 'service-bus') return wrong(`--via takes service-bus, and not "${via}".`)
  return {
    kind: 'run',
    options: {
      ...(typeof from === 'string' ? { from } : {}),
      ...(typeof store === 'string' ? { store } : {}),
      ...(via === 'service-bus' ? { via } : {}),
      json: json === true,
      serve: serve === true,
    },
  }
}

export const help = `crawl-ledger demo: the whole system in one process, from a file of messages.

  npx -y pnpm@12 demo [--from FILE.jsonl[.gz]] [--store URL] [--via service-bus]
                      [--json] [--serve]

It gives every line of the file to the handlers, which append events to a log; folds the log
into views at the same time; then shows the locations, one workflow's history, and the answer
of the analytics server. Run it again on the same store: no total changes, for a message that
was recorded once is not recorded twice.

  --from FILE   messages, one JSON object a line, plain or gzip (default: a small sample)
  --store URL   where the data lies (default: STORE in the environment, else a SQLite file in
                ./.crawl-ledger named after the file of messages; never MONGODB_URI)
                  sqlite:crawl.db
                  mongodb://localhost:27017/crawl_demo
                  memory:                    kept nowhere
  --via service-bus
                the messages are sent to the queue crawl-demo of Azure Service Bus and received from
                there; the broker is the one that AZURE_SERVICE_BUS_CONNECTION_STRING or
                AZURE_SERVICE_BUS_NAMESPACE names, else a small stand-in within the process
  --json        print one object with all totals and nothing else; seconds.project is how long
                after the last receipt the views were up to date
  --serve       leave the analytics server up on port 3003 (or PORT), until Ctrl-C; its token is
                API_TOKEN, else one made for it
  -h, --help    this page

A line is a message {"id", "type", "context", "payload"}, such as
  {"type":"item_found","context":{"batchId":"batch_1","locationId":"osaka-8",
   "stage":"crawl-media","timestamp":"2024-05-11T06:00:00Z","completedStages":["find-location",
   "control"],"metadata":{}},"payload":{"itemUrl":"https://a.example/1","itemType":"image"}}
of one of the types new_batch, item_found, stage_complete, workflow_progress, error and
workflow_complete. A line that is none is shown with its number and the reason, counted as
rejected, and stops nothing.

Exit code: 0 done, 1 the file or the store failed, 2 a wrong option, 130 stopped by Ctrl-C.

  npx -y pnpm@12 demo
  npx -y pnpm@12 demo --from crawl.jsonl.gz --store mongodb://localhost:27017/crawl_demo
  npx -y pnpm@12 demo --from crawl.jsonl.gz --json > totals.json
`
