/** Limits how much is under way at once, counted in documents and in messages. */
export class InFlight {
  private documents = 0
  private messages = 0
  private wake = (): void => {}
  private failure: { readonly error: unknown } | undefined

  constructor(
    private readonly mostDocuments: number,
    private readonly mostMessages: number,
  ) {}

  /** Starts a document's work as soon as there is room. Rejects with what failed before. */
  async start(messages: number, work: () => Promise<void>): Promise<void> {
    while (this.documents > 0 && (this.documents >= this.mostDocuments || this.messages >= this.mostMessages))
      await this.change()
    this.check()
    this.documents += 1
    this.messages += messages
    void work()
      .catch((error: unknown) => {
        this.failure ??= { error }
      })
      .finally(() => {
        this.documents -= 1
        this.messages -= messages
        this.wake()
      })
  }

  /** Resolves when nothing is under way, whether it failed or not. */
  async settled(): Promise<void> {
    while (this.documents > 0) await this.change()
  }

  /** Throws what failed. */
  check(): void {
    if (this.failure !== undefined) throw this.failure.error
  }

  private change(): Promise<void> {
    return new Promise(resolve => {
      this.wake = resolve
    })
  }
}
