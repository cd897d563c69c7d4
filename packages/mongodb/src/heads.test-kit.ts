import type { Draft } from '@crawl-ledger/log'

/** A commit of nothing, the first of its stream. */
export const draft: Draft = {
  partition: 0,
  stream: 'l/b',
  version: 1,
  messages: [],
  events: [],
  server: 's',
  prev: '',
  after: 0,
  notBefore: '',
}

/** Heads that count, and do not answer the n-th question. */
export const heads = (silentAt = 0) => {
  let asked = 0
  return {
    findOneAndUpdate: async () => {
      asked += 1
      return asked === silentAt ? new Promise(() => {}) : { next: { 0: asked }, at: new Date() }
    },
  }
}
