import { crawl } from '@crawl-ledger/domain'
import { type Store, StoreUnavailable } from '@crawl-ledger/log'
import { verifyLog, verifyViews } from '@crawl-ledger/projector'
import type { Logger } from '../open-ledger.js'

/** How a store is away: it says so at once, it never answers, or it does what it is told and its answer is lost. */
export type Absence = 'refuses' | 'hangs' | 'answers are lost'

/** A store that can be sent away and called back. */
export interface Switched {
  readonly store: Store
  leave(how: Absence): void
  comeBack(): void
  /** How often it was asked for anything but a sign of life. */
  readonly asked: () => number
}

export const switched = (base: Store): Switched => {
  let absence: Absence | undefined
  let asked = 0
  const ask = async (work: () => Promise<unknown>): Promise<unknown> => {
    if (absence === 'hangs') return new Promise(() => {})
    if (absence === 'answers are lost') await work()
    if (absence !== undefined) throw new StoreUnavailable('The store of the test', undefined)
    return work()
  }
  const guarded = <P extends object>(part: P): P =>
    new Proxy(part, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key)
        if (typeof member !== 'function' || key === 'close') return member
        return (...args: readonly unknown[]) => {
          asked += 1
          return ask(() => member.apply(target, args))
        }
      },
    })
  const { log, views, builds, leases } = base
  const store: Store = {
    log: guarded(log),
    views: guarded(views),
    builds: guarded(builds),
    leases: guarded(leases),
    ping: async () => {
      await ask(() => base.ping())
    },
    close: () => base.close(),
  }
  return {
    store,
    leave: how => {
      absence = how
    },
    comeBack: () => {
      absence = undefined
    },
    asked: () => asked,
  }
}

/** A logger that keeps what it is told, as `level: message`. */
export const notebook = (): { readonly logger: Logger; readonly lines: string[] } => {
  const lines: string[] = []
  const note = (level: string) => (_fields: object, message: string) => {
    lines.push(`${level}: ${message}`)
  }
  return { lines, logger: { info: note('info'), warn: note('warn'), error: note('error') } }
}

/** Resolves when it holds; rejects with what was waited for when that takes too long. */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = 120_000,
): Promise<void> => {
  const deadline = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms for: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** What is wrong with a store's log and views: nothing. */
export const findings = async (store: Store): Promise<readonly object[]> => {
  const found: object[] = []
  for await (const finding of verifyLog(store, { projection: crawl, graceMs: 0 }).findings)
    found.push(finding)
  for await (const finding of verifyViews(store, crawl).findings) found.push(finding)
  return found
}

/** Numbers from 0 to 1, the same ones for a seed. */
export const random = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    // Mulberry32, by Tommy Ettinger, public domain.
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
