/** Whether a text is to be said: the same one once a minute. An outage of hours must not fill a disk with one line. */
export const sparing = (
  everyMs = 60_000,
  now: () => number = () => performance.now(),
): ((text: string) => boolean) => {
  let last = ''
  let since = Number.NEGATIVE_INFINITY
  return text => {
    if (text === last && now() - since < everyMs) return false
    last = text
    since = now()
    return true
  }
}
