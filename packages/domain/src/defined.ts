type Undefined<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T]

/** The fields that have a value. */
export type Defined<T> = Omit<T, Undefined<T>> & { [K in Undefined<T>]?: Exclude<T[K], undefined> }

/**
 * An object of those fields that have a value, in their order. For names of our own: `__proto__` is none.
 * Node 20 takes 1.5 µs for each field that an object literal adds after a spread, which is what this spares.
 */
export const defined = <T extends object>(fields: T): Defined<T> => {
  const object: Partial<T> = {}
  for (const name in fields) if (fields[name] !== undefined) object[name] = fields[name]
  return object as Defined<T>
}
