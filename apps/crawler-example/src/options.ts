import { parseArgs } from 'node:util'
import type { Entity } from './broker.js'
import type { ServiceOptions } from './service.js'

export interface CrawlOptions {
  /** A folder or a URL. */
  readonly path: string
  readonly store?: string
  readonly location?: string
  readonly batch?: string
  readonly json: boolean
}

export type Command =
  | { readonly kind: 'crawl'; readonly options: CrawlOptions }
  | { readonly kind: 'serve'; readonly options: ServiceOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly why: string }

const known = {
  store: { type: 'string' },
  location: { type: 'string' },
  batch: { type: 'string' },
  queue: { type: 'string' },
  topic: { type: 'string' },
  subscription: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

type Values = { readonly [name in keyof typeof known]?: string | boolean }

const wrong = (why: string): Command => ({ kind: 'wrong', why: `${why} See --help.` })

const text = <K extends string>(key: K, value: string | boolean | undefined): { [P in K]?: string } =>
  typeof value === 'string' ? ({ [key]: value } as { [P in K]?: string }) : {}

/** Why a path cannot be one, before anything is looked at. */
const wrongPath = (path: string): string | undefined => {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(path)?.[1]?.toLowerCase()
  if (scheme === undefined) return undefined
  if (scheme !== 'http' && scheme !== 'https')
    return `"${path}" is neither a folder nor an http:// or https:// URL.`
  if (!URL.canParse(path)) return `"${path}" is no URL.`
  return new URL(path).username === ''
    ? undefined
    : 'A URL with a user name or password cannot be crawled: it would be kept in the log.'
}

/** A name in the ledger, which refuses what is none. */
const wrongName = (option: string, value: string | boolean | undefined): string | undefined =>
  typeof value === 'string' && (value.length > 200 || value.trim() === '')
    ? `${option} must have 1 to 200 characters, and not only blanks.`
    : undefined

/** Where a service takes its messages from; undefined where none is asked for, a sentence where it is not clear. */
const entityOf = ({ queue, topic, subscription }: Values): Entity | string | undefined => {
  if (queue === undefined && topic === undefined && subscription === undefined) return undefined
  if (typeof queue === 'string' && topic === undefined && subscription === undefined) return { queue }
  if (typeof topic === 'string' && typeof subscription === 'string' && queue === undefined)
    return { topic, subscription }
  return 'A service takes its messages from --queue NAME, or from --topic NAME and --subscription NAME.'
}

const serveCommand = (from: Entity, values: Values, positionals: readonly string[]): Command => {
  const { location, batch, json, store } = values
  return positionals.length > 0 || location !== undefined || batch !== undefined || json === true
    ? wrong('A service crawls what its messages name: leave out PATH, --location, --batch and --json.')
    : { kind: 'serve', options: { from, ...text('store', store) } }
}

/** What the command line asks for. */
export const readCommand = (args: readonly string[]): Command => {
  // `npm run crawl -- PATH` and `pnpm crawl -- PATH` both mean PATH.
  const given = args[0] === '--' ? args.slice(1) : [...args]
  const { tokens, positionals, values } = parseArgs({
    args: given,
    options: known,
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const type = Object.hasOwn(known, token.name) ? known[token.name as keyof typeof known].type : undefined
    if (type === undefined) return wrong(`There is no option ${token.rawName}.`)
    if (type === 'boolean' && token.value !== undefined) return wrong(`${token.rawName} takes no value.`)
    const missing = !token.value || (!token.inlineValue && token.value.startsWith('-'))
    if (type === 'string' && missing) return wrong(`${token.rawName} needs a value.`)
  }
  const { store, location, batch, json, help: asked }: Values = values
  if (asked === true) return { kind: 'help' }
  const from = entityOf(values)
  if (typeof from === 'string') return wrong(from)
  if (from !== undefined) return serveCommand(from, values, positionals)
  const [path, more] = positionals
  if (path === undefined || path === '')
    return wrong('Name a folder or a URL to crawl, as in: npx -y pnpm@12 crawl ~/Pictures.')
  if (more !== undefined) return wrong(`One folder or URL at a time: "${more}" is one too many.`)
  const bad = wrongPath(path) ?? wrongName('--location', location) ?? wrongName('--batch', batch)
  if (bad !== undefined) return wrong(bad)
  return {
    kind: 'crawl',
    options: {
      path,
      ...text('store', store),
      ...text('location', location),
      ...text('batch', batch),
      json: json === true,
    },
  }
}

export const help = `crawl: searches a folder or a site for images, video and sound.

  npx -y pnpm@12 crawl PATH [--store URL] [--location NAME] [--batch NAME] [--json]

It finds every media file, reads it (size, type, digest), looks at images (width, height), and
reports each step to the ledger. Stopped or killed, it goes on where it was when the same command
is run again; nothing is counted twice. Several at once on one store share the work.

  PATH             a folder, or an http:// or https:// URL: the pages of that site, as far as its
                   robots.txt allows, and the media on them
  --store URL      where the data lies (default: STORE in the environment, else a SQLite file in
                   ./.crawl-ledger named after PATH): sqlite:FILE or mongodb://HOST/DATABASE
  --location NAME  the location it belongs to (default: the folder's or the host's name)
  --batch NAME     the name of this crawl (default: made from PATH, so that the same PATH is the
                   same crawl). A new name crawls anew.
  --json           print one object and nothing else
  -h, --help       this page

As a service it crawls what the messages of Azure Service Bus name, until it is stopped:

  npx tsx apps/crawler-example/src/main.ts --queue NAME [--store URL]
  npx tsx apps/crawler-example/src/main.ts --topic NAME --subscription NAME [--store URL]

with AZURE_SERVICE_BUS_CONNECTION_STRING, or AZURE_SERVICE_BUS_NAMESPACE, in the environment.
Where MESSAGE_SECURITY_TOKEN is set, messages must carry it (MESSAGE_TOKEN_PROPERTY: in which property).

Exit code: 0 done, also when some files failed; 1 PATH or the store cannot be read; 2 a wrong
command line; 130 stopped by Ctrl-C.

  npx -y pnpm@12 crawl ~/Pictures
  npx -y pnpm@12 crawl https://example.org/ --json > found.json
`
