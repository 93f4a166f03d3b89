/** Asks one thing at a time. Of those that come meanwhile only the last is asked, and only its answer counts. */
export class Latest {
  #next: (() => Promise<void>) | null = null
  #isBusy = false
  #number = 0

  /** Something was asked that has no answer yet. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Drops what waits, and the answer that is to come. */
  forget(): void {
    this.#number++
    this.#next = null
  }

  /** `ask` may be called later, or never when something else is asked first. `onAnswer` is called for the last alone. */
  ask<Answer>(
    ask: () => Promise<Answer>,
    onAnswer: (answer: Answer) => void,
    onError: (error: unknown) => void,
  ): void {
    const number = ++this.#number
    this.#next = async () => {
      try {
        const answer = await ask()
        if (number === this.#number) onAnswer(answer)
      } catch (error) {
        if (number === this.#number) onError(error)
      }
    }
    if (!this.#isBusy) void this.#run()
  }

  async #run(): Promise<void> {
    this.#isBusy = true
    while (this.#next) {
      const next = this.#next
      this.#next = null
      await next()
    }
    this.#isBusy = false
  }
}
