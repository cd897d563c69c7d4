import type { Leases } from '@crawl-ledger/log'

interface Held {
  readonly owner: string
  readonly until: number
}

/** Leases in memory, whose clock stands still until it is moved. */
export class FakeLeases implements Leases {
  private now = 0
  private readonly held = new Map<string, Held>()

  tick(ms: number): void {
    this.now += ms
  }

  /** Who has what, with the leases that have run out. */
  owner(name: string): string | undefined {
    return this.held.get(name)?.owner
  }

  async list(prefix: string) {
    return [...this.held]
      .filter(([name]) => name.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { owner, until }]) => ({ name, owner, expired: until <= this.now }))
  }

  async take(owner: string, names: readonly string[], forMs: number) {
    return names.filter(name => {
      const found = this.held.get(name)
      if (found !== undefined && found.owner !== owner && found.until > this.now) return false
      this.held.set(name, { owner, until: this.now + forMs })
      return true
    })
  }

  async release(owner: string, names: readonly string[]) {
    for (const name of names) if (this.owner(name) === owner) this.held.delete(name)
  }
}

/** `silent`: no answer until it is otherwise. `away`: an error. `deaf`: what is asked is done, and the answer is lost. */
type Line = 'good' | 'silent' | 'away' | 'deaf'

/** The same leases, over a line that can be bad. */
export const overLine = (leases: Leases): { readonly leases: Leases; become(line: Line): void } => {
  let line: Line = 'good'
  let waiting: (() => void)[] = []
  const pass = async <A>(ask: () => Promise<A>): Promise<A> => {
    while (line === 'silent') await new Promise<void>(resolve => waiting.push(resolve))
    if (line === 'away') throw new Error('the store is away')
    const answer = await ask()
    if (line === 'deaf') throw new Error('the answer was lost')
    return answer
  }
  return {
    leases: {
      list: prefix => pass(() => leases.list(prefix)),
      take: (owner, names, forMs) => pass(() => leases.take(owner, names, forMs)),
      release: (owner, names) => pass(() => leases.release(owner, names)),
    },
    become: next => {
      line = next
      for (const go of waiting) go()
      waiting = []
    },
  }
}
