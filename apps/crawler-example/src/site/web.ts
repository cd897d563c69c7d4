import { buffer } from 'node:stream/consumers'
import type { Limits } from '../limits.js'
import { Trouble, webTrouble } from '../trouble.js'
import { Polite } from './polite.js'
import { agent, type Rules, rulesOf } from './robots.js'

export interface Answer {
  /** Where the redirects led. */
  readonly url: string
  /** The content's type without its parameters. */
  readonly type: string | undefined
  readonly bytes: AsyncIterable<Uint8Array>
}

export interface Request {
  readonly timeoutMs: number
  /** How many bytes from the beginning are wanted; the rest is not read. */
  readonly first?: number
  /** More bytes than these are a Trouble. */
  readonly most?: number
}

const redirectsFollowed = 5
const robotsBytes = 512 * 1024

const tooLarge = (url: string, most: number | undefined): Trouble =>
  new Trouble('too-large', `${url} is larger than ${most} bytes, which is the limit here`)

/** Bytes up to a bound, which ends them or is trouble. */
async function* bounded(
  url: string,
  body: AsyncIterable<Uint8Array>,
  { first = Number.POSITIVE_INFINITY, most = Number.POSITIVE_INFINITY }: Request,
): AsyncGenerator<Uint8Array> {
  let read = 0
  for await (const chunk of body) {
    if (read + chunk.length > most) throw tooLarge(url, most)
    yield read + chunk.length > first ? chunk.subarray(0, first - read) : chunk
    read += chunk.length
    if (read >= first) return
  }
}

/** An answer, or where to ask instead. */
type Step<A> = { readonly done: A } | { readonly redirect: string }

const following = async <A>(url: string, step: (at: string) => Promise<Step<A>>): Promise<A> => {
  let at = url
  for (let hop = 0; hop <= redirectsFollowed; hop += 1) {
    const got = await step(at)
    if ('done' in got) return got.done
    at = got.redirect
  }
  throw new Trouble('redirects', `${url} leads from one redirect to the next`)
}

const empty: AsyncIterable<Uint8Array> = {
  async *[Symbol.asyncIterator]() {},
}

/** The web, asked politely: within bounds, few requests at once, and only what robots.txt allows. */
export class Web {
  private readonly polite: Polite
  private readonly rules = new Map<string, Promise<Rules>>()

  constructor(private readonly limits: Limits) {
    this.polite = new Polite(limits.perOrigin)
  }

  /** False only where the site's robots.txt says so. */
  async allows(url: string): Promise<boolean> {
    return this.rulesFor(url).then(
      rules => rules.allows(url),
      () => true,
    )
  }

  /** @throws Trouble when there is no good answer */
  async get<A>(url: string, request: Request, use: (answer: Answer) => Promise<A>): Promise<A> {
    return following(url, async at => {
      const rules = await this.rulesFor(at)
      if (!rules.allows(at)) throw new Trouble('robots', `robots.txt does not allow ${at}`)
      return this.send(at, rules.pauseMs, request, use)
    })
  }

  private send<A>(
    url: string,
    pauseMs: number,
    request: Request,
    use: (answer: Answer) => Promise<A>,
  ): Promise<Step<A>> {
    return this.polite.request(new URL(url).origin, pauseMs, async () => {
      // Once it is aborted, the connection is closed: nothing of what is not read comes over it.
      const enough = new AbortController()
      const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(request.timeoutMs)])
      try {
        const response = await fetch(url, {
          redirect: 'manual',
          signal,
          headers: { 'user-agent': `${agent}/0.1` },
        })
        const { status } = response
        const location = response.headers.get('location')
        if (status >= 300 && status < 400 && location !== null) {
          if (!/^https?:/.test(URL.canParse(location, url) ? new URL(location, url).href : ''))
            throw new Trouble('redirects', `${url} leads to what is no address: ${location}`)
          return { redirect: new URL(location, url).href }
        }
        if (!response.ok) throw new Trouble(`http-${status}`, `${url} answers ${status}`)
        if (Number(response.headers.get('content-length')) > (request.most ?? Number.POSITIVE_INFINITY))
          throw tooLarge(url, request.most)
        const type = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
        const bytes = bounded(url, response.body ?? empty, request)
        return { done: await use({ url, type, bytes }) }
      } catch (error) {
        throw webTrouble(url, error)
      } finally {
        enough.abort()
      }
    })
  }

  private rulesFor(url: string): Promise<Rules> {
    const { origin } = new URL(url)
    const known = this.rules.get(origin)
    if (known !== undefined) return known
    const asked = this.askRules(origin)
    this.rules.set(origin, asked)
    // A site that did not answer is asked again.
    asked.catch(() => this.rules.delete(origin))
    return asked
  }

  private async askRules(origin: string): Promise<Rules> {
    const url = `${origin}/robots.txt`
    const request = { timeoutMs: this.limits.pageMs, first: robotsBytes }
    const body = await following(url, at => this.send(at, 0, request, ({ bytes }) => buffer(bytes))).catch(
      (error: unknown) => {
        // No robots.txt, no rules. A server that is in trouble has not said what it allows.
        if (error instanceof Trouble && /^(http-4..|redirects)$/.test(error.code)) return Buffer.alloc(0)
        throw error
      },
    )
    const rules = rulesOf(url, body.toString('utf8'))
    return { ...rules, pauseMs: Math.min(rules.pauseMs, this.limits.longestPauseMs) }
  }
}
