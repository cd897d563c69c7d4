// The SDK leaves timers of a minute behind where a link was lost. Who tests against this broker waits for none of them,
// nor need its process.
const { setTimeout: start } = globalThis
globalThis.setTimeout = Object.assign((...args: Parameters<typeof start>) => {
  const timer = start(...args)
  return (args[1] ?? 0) >= 30_000 ? timer.unref() : timer
}, start) as typeof start

export {}
