/** GET with `watch`: events of a collection as they come (upstream: endpoints/handlers/watch.go). */

import { errorEvent } from '#apiserver/encode/forms.ts';
import { negotiate } from '#apiserver/negotiate.ts';
import { checkTableMedia, includeObject } from '#apiserver/reply.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import type { WatchMedia } from '#apiserver/served.ts';
import { type ListQuery, listQuery, versionProblem } from '#apiserver/verbs/list-options.ts';
import {
  ApiError,
  internalError,
  notAcceptableError,
  tooLargeRevisionError,
  untypedError,
} from '#machinery/api-error.ts';
import { Status } from '#machinery/meta.ts';
import type { WatchEnd, WatchStart } from '#watch/watch.ts';

const watchChoices = { transformations: ['Table', 'PartialObjectMetadata'], list: true } as const;

/** A watch without timeoutSeconds ends by itself after 30 to 60 minutes, so that they do not all end together. */
const watchMsMin = 30 * 60_000;

const watchTypes = 'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch';

const contentTypeOf: Record<string, string> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf;stream=watch',
};

export async function watch(request: ResourceRequest): Promise<void> {
  const { exchange, served, server } = request;
  const accepted = negotiate(exchange.headers, watchChoices);
  if (accepted.media === 'yaml') throw notAcceptableError(`only the following media types are accepted: ${watchTypes}`);
  checkTableMedia(accepted);
  const query = listQuery(request, true);
  const start = startOf(query);
  const media = mediaOf(accepted.media, accepted.as, request);
  const { cache } = served.stored;
  await cache.ready();
  if (exchange.closed) return;
  const stream = await server.openWatch(request, contentTypeOf[accepted.media] as string);
  const watcher = cache.watch({
    scope: query.scope,
    start,
    selector: query.selector,
    form: served.forms.watch(media),
    bookmarks: query.bookmarks,
    timeoutMs: query.timeoutMs ?? watchMsMin * (1 + server.random.next()),
    sink: {
      write: chunk => stream.write(chunk),
      onDrain: callback => stream.onDrain(callback),
      end: why => {
        const error = endError(why);
        if (error !== undefined) stream.write(errorEvent(media, error.status, Status));
        stream.end();
      },
    },
  });
  exchange.onClose(() => watcher.close());
}

function mediaOf(media: string, as: string | undefined, request: ResourceRequest): WatchMedia {
  if (as === 'Table') return `table/${includeObject(request.query)}`;
  if (as !== undefined) return media === 'protobuf' ? 'metadataProtobuf' : 'metadataJson';
  return media as WatchMedia;
}

function startOf({ resourceVersion, sendInitialEvents, bookmarks }: ListQuery): WatchStart {
  const problem = resourceVersion === '' ? undefined : versionProblem(resourceVersion);
  if (problem !== undefined) throw untypedError(problem);
  const version = Number(resourceVersion || 0);
  if (sendInitialEvents === true) {
    const initial = resourceVersion === '' ? 'latest' : version === 0 ? 'any' : { notOlderThan: version };
    return { initial, markEnd: bookmarks };
  }
  if (sendInitialEvents === false) return version === 0 ? { now: true } : { after: version };
  if (resourceVersion === '') return { initial: 'latest' };
  return version === 0 ? { initial: 'any' } : { after: version };
}

function endError(end: WatchEnd): ApiError | undefined {
  switch (end.reason) {
    case 'expired':
      return new ApiError('Expired', `too old resource version: ${end.asked} (${end.oldest})`);
    case 'tooLarge':
      return tooLargeRevisionError(end.asked, end.current);
    case 'failed':
      return internalError(end.error.message);
    default:
      return undefined;
  }
}
