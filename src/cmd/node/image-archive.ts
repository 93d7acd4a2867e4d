/**
 * OCI image archives made from files of this machine: the pause image, the images of the tests, whatever a person wants
 * to load. Layers are not compressed: they go from one place of this machine to another.
 *
 * The same files make the same archive, digest and all.
 */

import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, realpathSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TarEntry, tarChunks } from '#lib/tar.ts';

/** One thing of the image's file system: text of our own, or a copy from this machine (a directory with all below it). */
export type ImageEntry =
  | { path: string; text: string; mode?: number; uid?: number; gid?: number }
  | { path: string; copyOf: string; mode?: number; uid?: number; gid?: number }
  | { path: string; linkTo: string }
  | { path: string; directory: true; mode?: number; uid?: number; gid?: number };

/** Named as in the OCI image configuration. */
export interface ImageConfig {
  User?: string;
  ExposedPorts?: Record<string, Record<never, never>>;
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  WorkingDir?: string;
  Labels?: Record<string, string>;
  StopSignal?: string;
}

export interface ImageSource {
  /** Full references: `docker.io/library/hello:1`. */
  names: readonly string[];
  config: ImageConfig;
  /** One layer for each list. */
  layers: readonly (readonly ImageEntry[])[];
}

interface Blob {
  digest: string;
  sizeBytes: number;
  chunks: () => Iterable<Uint8Array>;
}

const copyChunkBytes = 1 << 20;

/** Writes one archive with all the images. */
export function writeImageArchive(archivePath: string, images: readonly ImageSource[]): void {
  const blobs = new Map<string, Blob>();
  const keep = (blob: Blob) => {
    blobs.set(blob.digest, blob);
    return blob;
  };
  const manifests = images.flatMap(image => {
    const layers = image.layers.map(entries => keep(blobOf(() => tarChunks(layerEntries(entries)))));
    const config = keep(jsonBlob(imageConfiguration(image.config, layers)));
    const manifest = keep(jsonBlob(imageManifest(config, layers)));
    return image.names.map(name => ({
      ...descriptor('application/vnd.oci.image.manifest.v1+json', manifest),
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
      platform: { architecture: architecture(), os: 'linux' },
    }));
  });
  const entries: TarEntry[] = [
    textEntry('oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' })),
    textEntry('index.json', JSON.stringify({ schemaVersion: 2, manifests })),
    { path: 'blobs', type: 'directory', mode: 0o755 },
    { path: 'blobs/sha256', type: 'directory', mode: 0o755 },
    ...[...blobs.values()].map(blobEntry),
  ];
  const file = openSync(archivePath, 'w');
  try {
    for (const chunk of tarChunks(entries)) writeSync(file, chunk);
  } finally {
    closeSync(file);
  }
}

function imageConfiguration(config: ImageConfig, layers: readonly Blob[]): object {
  const rootfs = { type: 'layers', diff_ids: layers.map(layer => layer.digest) };
  return { architecture: architecture(), os: 'linux', created: '1970-01-01T00:00:00Z', config, rootfs };
}

function imageManifest(config: Blob, layers: readonly Blob[]): object {
  return {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: layers.map(layer => descriptor('application/vnd.oci.image.layer.v1.tar', layer)),
  };
}

function descriptor(mediaType: string, blob: Blob): object {
  return { mediaType, digest: blob.digest, size: blob.sizeBytes };
}

/** Go's word for this machine's architecture. */
function architecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

/** The chunks are made twice: once for the digest, once for the archive. */
function blobOf(chunks: () => Iterable<Uint8Array>): Blob {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for (const chunk of chunks()) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes, chunks };
}

function jsonBlob(value: object): Blob {
  const bytes = Buffer.from(JSON.stringify(value));
  return blobOf(() => [bytes]);
}

function blobEntry(blob: Blob): TarEntry {
  const path = `blobs/sha256/${blob.digest.slice('sha256:'.length)}`;
  return { path, type: 'file', mode: 0o644, sizeBytes: blob.sizeBytes, content: blob.chunks };
}

function textEntry(path: string, text: string, mode = 0o644): TarEntry {
  const bytes = Buffer.from(text);
  return { path, type: 'file', mode, sizeBytes: bytes.length, content: () => [bytes] };
}

function* layerEntries(entries: readonly ImageEntry[]): Generator<TarEntry> {
  for (const entry of entries) {
    const path = entry.path.replace(/^\/+/, '');
    if ('text' in entry) yield { ...textEntry(path, entry.text, entry.mode), uid: entry.uid, gid: entry.gid };
    else if ('linkTo' in entry) yield { path, type: 'symlink', mode: 0o777, target: entry.linkTo };
    else if ('directory' in entry) yield { path, type: 'directory', mode: entry.mode ?? 0o755, ...ownerOf(entry) };
    else yield* copyEntries(path, realpathSync(entry.copyOf), { mode: entry.mode, ...ownerOf(entry) });
  }
}

function ownerOf(entry: { uid?: number; gid?: number }): Pick<TarEntry, 'uid' | 'gid'> {
  return { uid: entry.uid, gid: entry.gid };
}

/** A `mode` counts for the thing itself, not for what is below it. Sockets and devices are left out. */
function* copyEntries(
  path: string,
  source: string,
  given: { mode?: number | undefined; uid?: number | undefined; gid?: number | undefined } = {},
): Generator<TarEntry> {
  const stat = lstatSync(source);
  const { uid, gid } = given;
  const mode = given.mode ?? stat.mode & 0o7777;
  if (stat.isSymbolicLink()) {
    yield { path, type: 'symlink', mode: 0o777, uid, gid, target: readlinkSync(source) };
  } else if (stat.isDirectory()) {
    yield { path, type: 'directory', mode, uid, gid };
    for (const name of readdirSync(source).sort()) {
      yield* copyEntries(`${path}/${name}`, join(source, name), { uid, gid });
    }
  } else if (stat.isFile()) {
    yield { path, type: 'file', mode, uid, gid, sizeBytes: stat.size, content: () => fileChunks(source) };
  }
}

function* fileChunks(path: string): Generator<Uint8Array> {
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(copyChunkBytes);
      const readBytes = readSync(file, chunk);
      if (readBytes === 0) return;
      yield chunk.subarray(0, readBytes);
    }
  } finally {
    closeSync(file);
  }
}
