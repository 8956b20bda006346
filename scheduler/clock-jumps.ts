/** A clock may go wrong by so much from one reading to the next before it counts as a jump. */
const TOLERATED_MS = 2_000;

/**
 * Notices when the database's clock is set: from one reading to the next it then goes on otherwise than ours, which never
 * jumps. It was read at some moment between the question and the answer, so a slow answer is no jump.
 */
export class ClockJumps {
  /** How far the database's clock is ahead of ours, at least and at most. */
  #ahead: { readonly least: number; readonly most: number } | undefined;

  /**
   * Takes a reading.
   * @param theirs milliseconds that the database's clock showed
   * @param askedAt @param answeredAt milliseconds of a clock that never jumps
   * @returns whether it has jumped since the last reading
   */
  hasJumped(theirs: number, askedAt: number, answeredAt: number): boolean {
    const before = this.#ahead;
    const now = { least: theirs - answeredAt, most: theirs - askedAt };
    this.#ahead = now;
    if (before === undefined) return false;
    return now.least > before.most + TOLERATED_MS || now.most < before.least - TOLERATED_MS;
  }
}
