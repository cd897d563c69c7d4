/** How many partitions a ledger gets when it is created and nothing else is said. */
export const defaultPartitions = 16

/**
 * FNV-1a, 32 bits, over the text's UTF-8 bytes.
 * Source: Fowler, Noll, Vo; draft-eastlake-fnv, offset basis 2166136261, prime 16777619.
 */
export const fnv1a32 = (text: string): number => {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** The partition that holds everything of a location: 0 to `partitions` - 1. */
export const partitionOf = (locationId: string, partitions: number): number =>
  fnv1a32(locationId) % partitions
