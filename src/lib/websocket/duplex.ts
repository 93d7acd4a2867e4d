import { Duplex } from 'node:stream';
import type { WebSocketConnection } from './connection.ts';

/** A WebSocket that carries a stream of bytes, each binary message a piece of it. It has no half-close: ending it closes it. */
export function webSocketDuplex(socket: WebSocketConnection): Duplex {
  const duplex = new Duplex({
    read: () => socket.resume(),
    write: (chunk, _encoding, done) => socket.send(chunk, done),
    final: done => {
      socket.close();
      done();
    },
    destroy: (error, done) => {
      // Properly where it is still possible: a peer takes a missing goodbye for an error.
      if (error === null) socket.close();
      else socket.terminate();
      done(error);
    },
  });
  duplex.on('error', () => {});
  socket.onMessage((data, isBinary) => {
    if (!isBinary) duplex.destroy(new Error('a text message among bytes'));
    else if (!duplex.push(data)) socket.pause();
  });
  socket.closed.then(() => {
    duplex.push(null);
    duplex.end();
  });
  return duplex;
}
