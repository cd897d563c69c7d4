const form = /^mongodb(?:\+srv)?:\/\/(?:[^@/?]*@)?([^/?]+)(?:\/([^?]*))?/

/**
 * Whether the user's name or password holds characters that end it too early: then a part of it is taken for a host,
 * and would be looked up and shown.
 */
export const hasOpenSecret = (url: string): boolean =>
  url.replace(/^[^:]*:\/\/(?:[^@/?]*@)?/, '').includes('@')

export interface MongoPlace {
  /** As they are written, with commas between them. */
  readonly hosts: string
  readonly database: string
}

/**
 * Where a MongoDB URL leads; undefined for another one. It may name several hosts, and so is no WHATWG URL.
 *
 * @param database the one where the URL names none
 */
export const mongoPlaceOf = (url: string, database: string): MongoPlace | undefined => {
  const [found, hosts = '', path = ''] = form.exec(url) ?? []
  return found === undefined
    ? undefined
    : { hosts, database: path === '' ? database : decodeURIComponent(path) }
}
