/** A binary heap: the least value first. Equal values come out in any order. */
export class Heap<T> {
  readonly #less: (a: T, b: T) => boolean;
  readonly #values: T[] = [];

  constructor(less: (a: T, b: T) => boolean) {
    this.#less = less;
  }

  get size(): number {
    return this.#values.length;
  }

  /** The least value, left where it is. */
  peek(): T | undefined {
    return this.#values[0];
  }

  push(value: T): void {
    const values = this.#values;
    let at = values.length;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.#less(value, values[parent]!)) break;
      values[at] = values[parent]!;
      at = parent;
    }
    values[at] = value;
  }

  pop(): T | undefined {
    const values = this.#values;
    const least = values[0];
    const last = values.pop();
    if (last === undefined || values.length === 0) return least;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= values.length) break;
      if (child + 1 < values.length && this.#less(values[child + 1]!, values[child]!)) child++;
      if (!this.#less(values[child]!, last)) break;
      values[at] = values[child]!;
      at = child;
    }
    values[at] = last;
    return least;
  }
}
