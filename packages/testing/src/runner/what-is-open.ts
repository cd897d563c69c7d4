/** Loaded into a process of tests: on SIGUSR2 it says what keeps it alive, and ends. */

interface Handle {
  readonly constructor: { readonly name: string }
  readonly pid?: number
  readonly spawnargs?: readonly string[]
  readonly listening?: boolean
  readonly remoteAddress?: string
  readonly remotePort?: number
  hasRef?(): boolean
  address?(): { readonly port?: number } | string | null
}

const nameOf = (handle: Handle): string => {
  const kind = handle.constructor.name
  if (handle.spawnargs !== undefined) return `process ${handle.pid}: ${handle.spawnargs.join(' ')}`
  if (handle.listening === true) return `${kind} that listens at ${JSON.stringify(handle.address?.())}`
  if (handle.remotePort !== undefined) return `${kind} to ${handle.remoteAddress}:${handle.remotePort}`
  return kind
}

/** Node tells the kinds; which ones they are is known to a function that it keeps for itself. */
const openNow = (): readonly string[] => {
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles?: () => readonly Handle[] }
  const named = (handles?.call(process) ?? [])
    .filter(
      handle => handle.hasRef?.() !== false && !(handle as unknown as { isTTY?: boolean; fd?: number }).fd,
    )
    .map(nameOf)
  return [...named, ...process.getActiveResourcesInfo()]
}

process.on('SIGUSR2', () => {
  const counts = new Map<string, number>()
  for (const name of openNow()) counts.set(name, (counts.get(name) ?? 0) + 1)
  for (const [name, count] of counts)
    process.stderr.write(`  open: ${name}${count === 1 ? '' : ` (${count} times)`}\n`)
  process.exit(1)
})
