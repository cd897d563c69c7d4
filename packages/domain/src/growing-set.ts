/**
 * A set of texts that only grows, and of which every earlier state stays as it was.
 * Adding to the newest state takes constant time, since all states share one map from an element
 * to its place; adding to an older one, which is rare, copies.
 */
export class GrowingSet {
  static readonly empty = new GrowingSet(new Map(), 0)

  private constructor(
    private readonly places: Map<string, number>,
    readonly size: number,
  ) {}

  has(element: string): boolean {
    const place = this.places.get(element)
    return place !== undefined && place < this.size
  }

  add(element: string): GrowingSet {
    if (this.has(element)) return this
    const shared = this.size > 0 && this.places.size === this.size
    const places = shared ? this.places : new Map([...this].map((e, i) => [e, i] as const))
    places.set(element, this.size)
    return new GrowingSet(places, this.size + 1)
  }

  *[Symbol.iterator](): Iterator<string> {
    for (const [element, place] of this.places) if (place < this.size) yield element
  }
}
