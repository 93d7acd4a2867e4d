/** What the two halves of a doorway say to each other; the sockets themselves travel beside an answer. */

export type DoorwayRequest =
  | { id: number; kind: 'listen'; host: string; port: number }
  | { id: number; kind: 'connect'; host: string; port: number }
  | { id: number; kind: 'udp'; host: string; port: number }
  /** Give up on the connection with this id. */
  | { id: number; kind: 'cancel' };

export interface DoorwayAnswer {
  id: number;
  /** Why there is no socket. */
  error?: { message: string; code?: string | undefined; syscall?: string | undefined } | undefined;
}
