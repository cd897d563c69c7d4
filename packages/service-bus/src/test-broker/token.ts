/*
 * A lock token is a number in the last bytes of a delivery tag. The SDK swaps some of a tag's first eight bytes to make
 * a UUID of it; as they are zero, the bytes stay the same however the token comes back.
 */

export const tagOf = (token: number): Buffer => {
  const tag = Buffer.alloc(16)
  tag.writeUIntBE(token, 10, 6)
  return tag
}

export const tokenOf = (tag: Buffer | string): number =>
  Buffer.isBuffer(tag) && tag.length === 16 ? tag.readUIntBE(10, 6) : Number.NaN
