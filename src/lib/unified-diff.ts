/**
 * The difference of two texts as a unified diff, hunk for hunk what Python's difflib finds (upstream's error messages come
 * from a port of it): repeatedly the longest common run of lines, then the same before and behind it.
 */

const contextLines = 3;

/** In long texts, a line that stands in more than one of a hundred places starts no match. */
const popularFromLines = 200;

interface Block {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

interface Change {
  readonly equal: boolean;
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
}

/** Hunks only, without a header; every line ends in a line break; empty when the texts are the same. */
export function unifiedDiff(before: string, after: string): string {
  const a = linesOf(before);
  const b = linesOf(after);
  return hunks(changes(matchingBlocks(a, b), a.length, b.length))
    .map(hunk => printHunk(hunk, a, b))
    .join('');
}

const linesOf = (text: string): string[] => text.split('\n').map(line => `${line}\n`);

function matchingBlocks(a: readonly string[], b: readonly string[]): Block[] {
  const places = placesOf(b);
  const found: Block[] = [];
  const ranges: [number, number, number, number][] = [[0, a.length, 0, b.length]];
  for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
    const [aFrom, aTo, bFrom, bTo] = range;
    const match = longestMatch(a, b, places, range);
    if (match.size === 0) continue;
    found.push(match);
    if (aFrom < match.a && bFrom < match.b) ranges.push([aFrom, match.a, bFrom, match.b]);
    if (match.a + match.size < aTo && match.b + match.size < bTo) {
      ranges.push([match.a + match.size, aTo, match.b + match.size, bTo]);
    }
  }
  return found.sort((x, y) => x.a - y.a || x.b - y.b);
}

function placesOf(b: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  b.forEach((line, i) => {
    const known = places.get(line);
    if (known) known.push(i);
    else places.set(line, [i]);
  });
  if (b.length >= popularFromLines) {
    const placesMax = Math.floor(b.length / 100) + 1;
    for (const [line, at] of places) if (at.length > placesMax) places.delete(line);
  }
  return places;
}

function longestMatch(
  a: readonly string[],
  b: readonly string[],
  places: ReadonlyMap<string, number[]>,
  [aFrom, aTo, bFrom, bTo]: readonly [number, number, number, number],
): Block {
  let best: Block = { a: aFrom, b: bFrom, size: 0 };
  let lengths = new Map<number, number>();
  for (let i = aFrom; i < aTo; i++) {
    const next = new Map<number, number>();
    for (const j of places.get(a[i] as string) ?? []) {
      if (j < bFrom) continue;
      if (j >= bTo) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    lengths = next;
  }
  let { a: start, b: startB, size } = best;
  while (start > aFrom && startB > bFrom && a[start - 1] === b[startB - 1]) {
    start--;
    startB--;
    size++;
  }
  while (start + size < aTo && startB + size < bTo && a[start + size] === b[startB + size]) size++;
  return { a: start, b: startB, size };
}

function changes(blocks: readonly Block[], aLength: number, bLength: number): Change[] {
  const out: Change[] = [];
  let aAt = 0;
  let bAt = 0;
  for (const { a, b, size } of [...blocks, { a: aLength, b: bLength, size: 0 }]) {
    if (aAt < a || bAt < b) out.push({ equal: false, aFrom: aAt, aTo: a, bFrom: bAt, bTo: b });
    const last = out.at(-1);
    if (size > 0 && last?.equal) out[out.length - 1] = { ...last, aTo: a + size, bTo: b + size };
    else if (size > 0) out.push({ equal: true, aFrom: a, aTo: a + size, bFrom: b, bTo: b + size });
    aAt = a + size;
    bAt = b + size;
  }
  return out;
}

/** Changes with the lines around them; those closer than two contexts share a hunk. */
function hunks(all: readonly Change[]): Change[][] {
  const out: Change[][] = [];
  let hunk: Change[] = [];
  all.forEach((change, i) => {
    if (!change.equal) {
      hunk.push(change);
      return;
    }
    const { aFrom, aTo, bFrom, bTo } = change;
    const isFirst = i === 0;
    const isLast = i === all.length - 1;
    const head = {
      equal: true,
      aFrom,
      aTo: Math.min(aTo, aFrom + contextLines),
      bFrom,
      bTo: Math.min(bTo, bFrom + contextLines),
    };
    const tail = {
      equal: true,
      aFrom: Math.max(aFrom, aTo - contextLines),
      aTo,
      bFrom: Math.max(bFrom, bTo - contextLines),
      bTo,
    };
    if (isFirst) hunk = isLast ? [] : [tail];
    else if (isLast) hunk.push(head);
    else if (aTo - aFrom > 2 * contextLines) {
      out.push([...hunk, head]);
      hunk = [tail];
    } else hunk.push(change);
  });
  if (hunk.some(change => !change.equal)) out.push(hunk);
  return out;
}

function printHunk(hunk: readonly Change[], a: readonly string[], b: readonly string[]): string {
  const first = hunk[0] as Change;
  const last = hunk.at(-1) as Change;
  let out = `@@ -${range(first.aFrom, last.aTo)} +${range(first.bFrom, last.bTo)} @@\n`;
  for (const { equal, aFrom, aTo, bFrom, bTo } of hunk) {
    if (equal) for (const line of a.slice(aFrom, aTo)) out += ` ${line}`;
    else {
      for (const line of a.slice(aFrom, aTo)) out += `-${line}`;
      for (const line of b.slice(bFrom, bTo)) out += `+${line}`;
    }
  }
  return out;
}

function range(from: number, to: number): string {
  const length = to - from;
  if (length === 1) return String(from + 1);
  return `${length === 0 ? from : from + 1},${length}`;
}
