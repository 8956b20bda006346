/** Wakes one waiter. A wake-up before the wait is not lost; many in a row are one. */
export class Wake {
  #woken = false;
  #resolve: (() => void) | undefined;

  set(): void {
    this.#woken = true;
    this.#resolve?.();
  }

  /** Resolves when woken, when the time is over, or when the signal aborts, and forgets the wake-up. */
  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (!this.#woken && !signal.aborted) {
      let timer: NodeJS.Timeout | undefined;
      const stop = () => this.#resolve?.();
      signal.addEventListener("abort", stop, { once: true });
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
        timer = setTimeout(resolve, Math.min(milliseconds, LONGEST_TIMER_MS));
      });
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      this.#resolve = undefined;
    }
    this.#woken = false;
  }
}

/** Node's timers hold 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
