import { type Ledger, type Receipt, StoreUnavailable } from 'crawl-ledger'

/** How a store is away: nothing is done, or it is done and the answer is lost. */
export type Absence = 'refuses' | 'answers are lost'

export interface Switched {
  readonly ledger: Ledger
  leave(how: Absence): void
  /** The next call of this name is the last one that it answers. */
  leaveAfter(name: string, how: Absence): void
  comeBack(): void
  /** Resolves when a call of this name was asked for in vain. */
  askedInVain(name: string): Promise<void>
}

const unavailable: Receipt = { outcome: 'unavailable' }

/** The calls that answer with a receipt, and those that give one thing after the other. Others answer with a promise. */
const receipts = new Set(['handle', 'complete', 'handleItemFound', 'handleStageComplete', 'handleError'])
const iterables = new Set(['history', 'resumeAll'])

/** A ledger that is cut off from its store, and says so as any ledger does. */
export const switched = (base: Ledger): Switched => {
  let absence: Absence | undefined
  let last: { readonly name: string; readonly how: Absence } | undefined
  const inVain = new Set<string>()
  const heard = new Set<() => void>()
  const away = new StoreUnavailable('The store of the test', undefined)

  const refuse = async (name: string, work: () => unknown): Promise<unknown> => {
    if (absence === 'answers are lost') await work()
    inVain.add(name)
    for (const wake of heard) wake()
    if (receipts.has(name)) return unavailable
    throw away
  }
  const guarded = <P extends object>(part: P): P =>
    new Proxy(part, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key)
        if (typeof member === 'object' && member !== null) return guarded(member)
        if (typeof member !== 'function' || key === 'close') return member
        const name = String(key)
        return (...args: readonly unknown[]) => {
          const work = (): unknown => member.apply(target, args)
          if (absence === undefined) {
            if (last?.name === name) absence = last.how
            return work()
          }
          if (!iterables.has(name)) return refuse(name, work)
          return { [Symbol.asyncIterator]: () => ({ next: () => refuse(name, () => {}) }) }
        }
      },
    })

  return {
    ledger: guarded(base),
    leave: how => {
      absence = how
    },
    leaveAfter: (name, how) => {
      last = { name, how }
    },
    comeBack: () => {
      last = undefined
      absence = undefined
    },
    askedInVain: async name => {
      while (!inVain.has(name))
        await new Promise<void>(resolve => {
          const wake = (): void => {
            heard.delete(wake)
            resolve()
          }
          heard.add(wake)
        })
    },
  }
}
