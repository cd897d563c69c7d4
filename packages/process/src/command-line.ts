import { parseArgs } from 'node:util'
import { ConfigurationError, type SettingName } from 'crawl-ledger'

/** What the command line of a process with a port says. */
export interface CommandLine {
  readonly help: boolean
  readonly host: string
  /** Settings by the names that they have in the environment. */
  readonly overrides: { readonly [N in SettingName]?: string }
}

export interface Known {
  /** The settings that are options, by the options' names. */
  readonly settings: Readonly<Record<string, SettingName>>
  /** Those that are none, by the names that somebody may try. */
  readonly secrets: Readonly<Record<string, SettingName>>
}

/** Reads a command line. Throws a `ConfigurationError` that never repeats a value: it may be a secret. */
export const readCommandLine = (args: readonly string[], { settings, secrets }: Known): CommandLine => {
  const known: Record<string, { type: 'boolean' | 'string'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
    host: { type: 'string' },
    ...Object.fromEntries(Object.keys(settings).map(name => [name, { type: 'string' as const }])),
  }
  const { values, tokens } = parseArgs({ args: [...args], options: known, strict: false, tokens: true })

  for (const token of tokens) {
    if (token.kind === 'positional')
      throw new ConfigurationError(
        'command line',
        'give settings as options such as --store URL; --help lists them.',
      )
    if (token.kind === 'option-terminator') continue
    const secret = Object.hasOwn(secrets, token.name) ? secrets[token.name] : undefined
    if (secret !== undefined)
      throw new ConfigurationError(
        token.rawName,
        `set ${secret} in the environment instead, since the list of processes shows options to everyone.`,
      )
    if (!Object.hasOwn(known, token.name))
      throw new ConfigurationError(token.rawName, 'there is no such option; --help lists them.')
    if (token.name !== 'help' && !token.value)
      throw new ConfigurationError(token.rawName, 'needs a value; --help tells which.')
  }

  const given = Object.entries(settings).flatMap(([option, name]) => {
    const value = values[option]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  return {
    help: values.help === true,
    host: typeof values.host === 'string' ? values.host : '0.0.0.0',
    overrides: Object.fromEntries(given),
  }
}
