/** Writing tar archives (POSIX pax), the same bytes for the same entries: no times, no names of users. */

export interface TarEntry {
  /** Without a leading slash; directories without a trailing one. */
  path: string;
  type: 'file' | 'directory' | 'symlink';
  /** Permission bits, `0o755`. */
  mode: number;
  uid?: number | undefined;
  gid?: number | undefined;
  /** Of a symbolic link. */
  target?: string | undefined;
  /** Of a file: its length, known before its content is read. */
  sizeBytes?: number | undefined;
  content?: (() => Iterable<Uint8Array>) | undefined;
}

const blockBytes = 512;
const typeFlags = { file: '0', symlink: '2', directory: '5', extended: 'x' } as const;
/** What the name and link fields of a header hold; longer ones go into a pax record before it. */
const nameBytesMax = 100;

/** The whole archive in chunks, the two empty blocks at its end included. */
export function* tarChunks(entries: Iterable<TarEntry>): Generator<Uint8Array> {
  for (const entry of entries) yield* entryChunks(entry);
  yield new Uint8Array(2 * blockBytes);
}

export function tarBytes(entries: Iterable<TarEntry>): Uint8Array {
  return Buffer.concat([...tarChunks(entries)]);
}

function* entryChunks(entry: TarEntry): Generator<Uint8Array> {
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const target = entry.target ?? '';
  const sizeBytes = entry.type === 'file' ? (entry.sizeBytes ?? 0) : 0;

  const records = [path.length > 0 && isLong(path) ? paxRecord('path', path) : ''];
  if (isLong(target)) records.push(paxRecord('linkpath', target));
  const extended = Buffer.from(records.join(''));
  if (extended.length > 0) {
    yield header({ path: 'pax', flag: typeFlags.extended, mode: 0o644, sizeBytes: extended.length });
    yield extended;
    yield padding(extended.length);
  }
  yield header({ ...entry, path, target, sizeBytes, flag: typeFlags[entry.type] });
  if (entry.type !== 'file') return;
  let writtenBytes = 0;
  for (const chunk of entry.content?.() ?? []) {
    writtenBytes += chunk.length;
    yield chunk;
  }
  if (writtenBytes !== sizeBytes) throw new Error(`${entry.path} has ${writtenBytes} bytes, expected ${sizeBytes}`);
  yield padding(sizeBytes);
}

function isLong(name: string): boolean {
  return Buffer.byteLength(name) > nameBytesMax;
}

/** `30 path=a/long/name\n`: the number counts the whole record, itself included. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length > length) length++;
  return `${length} ${key}=${value}\n`;
}

function padding(sizeBytes: number): Uint8Array {
  return new Uint8Array((blockBytes - (sizeBytes % blockBytes)) % blockBytes);
}

interface Header {
  path: string;
  flag: string;
  mode: number;
  sizeBytes: number;
  uid?: number | undefined;
  gid?: number | undefined;
  target?: string | undefined;
}

function header(fields: Header): Uint8Array {
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, width: number) =>
    block.write(value.toString(8).padStart(width - 1, '0'), at, width - 1, 'latin1');
  block.write(fields.path, 0, nameBytesMax);
  octal(fields.mode, 100, 8);
  octal(fields.uid ?? 0, 108, 8);
  octal(fields.gid ?? 0, 116, 8);
  octal(fields.sizeBytes, 124, 12);
  octal(0, 136, 12);
  block.fill(' ', 148, 156);
  block.write(fields.flag, 156);
  block.write(fields.target ?? '', 157, nameBytesMax);
  block.write('ustar\u000000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
