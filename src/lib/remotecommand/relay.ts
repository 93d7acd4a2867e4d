/**
 * Between a client and a streaming server that does not speak its protocol: containerd knows no `v5.channel.k8s.io` and no
 * SPDY inside a WebSocket. Everything else is passed through as it is.
 */

import type { Clock } from '#lib/clock.ts';
import type { HttpClient } from '#lib/http/client.ts';
import type { Exchange } from '#lib/http/exchange.ts';
import { endToEndHeaders } from '#lib/http/headers.ts';
import { join, tunnel } from '#lib/http/tunnel.ts';
import { webSocketDuplex } from '#lib/websocket/duplex.ts';
import { acceptWebSocket, isWebSocketUpgrade, offeredProtocols } from '#lib/websocket/handshake.ts';
import { acceptRemoteCommand } from './accept.ts';
import type { CommandSession, CommandStreams, RunningCommand } from './command.ts';
import { openCommandOverSpdy } from './open.ts';
import { forwardProtocol, tunnelledForwardProtocol } from './port-forward.ts';
import { spdyUpgradeHeaders } from './spdy-upgrade.ts';
import { relayedStatus } from './status.ts';

/** Exec or attach, to a server that speaks SPDY and the WebSocket protocols up to v4. Rejects when it cannot be reached. */
export async function proxyRemoteCommand(
  exchange: Exchange,
  server: HttpClient,
  request: { target: string; streams: CommandStreams; clock: Clock },
): Promise<void> {
  const wantsV5 = isWebSocketUpgrade(exchange) && offeredProtocols(exchange.headers)[0] === 'v5.channel.k8s.io';
  if (!wantsV5) return tunnel(exchange, server, request);
  const command = await openCommandOverSpdy(server, request, request.streams);
  if ('refused' in command) {
    exchange.reply(command.status, endToEndHeaders(command.headers), command.body);
    return;
  }
  const session = await acceptRemoteCommand(exchange, request.streams, request.clock);
  if (session === undefined) command.close();
  else await relayCommand(session, command);
}

/** Joins the two ends until the command has ended or its client is gone. */
export async function relayCommand(session: CommandSession, command: RunningCommand): Promise<void> {
  if (session.stdin !== undefined && command.stdin !== undefined) session.stdin.pipe(command.stdin);
  if (session.stdout !== undefined) command.stdout?.pipe(session.stdout);
  if (session.stderr !== undefined) command.stderr?.pipe(session.stderr);
  session.onResize(size => command.resize(size));
  const outcome = await Promise.race([command.status, session.closed]);
  if (outcome !== undefined) {
    await Promise.all([pumped(command.stdout, session.stdout), pumped(command.stderr, session.stderr)]);
    await session.finish(relayedStatus(outcome));
  }
  command.close();
}

/** Resolves when all of `from` has gone into `to`: the status can come before the last of the output. */
function pumped(from: RunningCommand['stdout'], to: CommandSession['stdout']): Promise<void> {
  if (from === undefined || to === undefined || from.readableEnded || from.destroyed || to.destroyed) {
    return Promise.resolve();
  }
  return new Promise(resolve => {
    from.once('end', resolve).once('close', resolve);
    to.once('close', resolve);
  });
}

/** Port forwarding, to a server that speaks SPDY and the WebSocket protocols up to v4. Rejects when it cannot be reached. */
export async function proxyPortForward(
  exchange: Exchange,
  server: HttpClient,
  { target, clock }: { target: string; clock: Clock },
): Promise<void> {
  const isTunnelled =
    isWebSocketUpgrade(exchange) && offeredProtocols(exchange.headers).includes(tunnelledForwardProtocol);
  if (!isTunnelled) return tunnel(exchange, server, { target });
  const reply = await server.upgrade({ method: 'POST', target, headers: spdyUpgradeHeaders([forwardProtocol]) });
  if (!reply.switched) {
    exchange.reply(reply.status, endToEndHeaders(reply.headers), reply.body);
    return;
  }
  const socket = acceptWebSocket(exchange, [tunnelledForwardProtocol], clock);
  if (socket === undefined) {
    reply.socket.destroy();
    return;
  }
  if (reply.head.length > 0) reply.socket.unshift(Buffer.from(reply.head));
  await join(webSocketDuplex(socket), reply.socket);
}
