/** Live answers for those who listen: an answer is said when it has held for a while, once. */

const MILLISECONDS = 1500;

/** Notices when a live answer stays the same. */
export class Settled {
  #answer = '';
  #since = 0;
  #said = false;

  /** Whether this answer has held long enough, and was not said yet. */
  isNew(answer: string): boolean {
    const now = performance.now();
    if (this.#answer !== answer) {
      this.#answer = answer;
      this.#since = now;
      this.#said = false;
      return false;
    }
    if (this.#said || now - this.#since <= MILLISECONDS) return false;
    this.#said = true;
    return true;
  }
}
