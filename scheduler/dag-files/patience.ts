/** Before anything is known: a machine may be slow, and its first files load what all of them share. */
const FIRST_GUESS = 0.75;
const LEAST_SECONDS = 1;
/** How many times what files usually take one may take beside others. */
const TIMES_USUAL = 4;
/** What a file took before is a better guess than what others take. */
const TIMES_EXPECTED = 3;
/** How much the newest file counts for what is usual. */
const WEIGHT = 0.2;

/** How long one file may hold up the others, learned from those that loaded. */
export class Patience {
  #usual = FIRST_GUESS;

  /** A good file took so many seconds. */
  learn(seconds: number): void {
    this.#usual += WEIGHT * (seconds - this.#usual);
  }

  /**
   * The seconds that a file gets.
   * @param expected what it took when it was last loaded
   */
  with(expected = 0): number {
    return Math.max(LEAST_SECONDS, TIMES_USUAL * this.#usual, TIMES_EXPECTED * expected);
  }
}
