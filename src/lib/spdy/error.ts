/** The other end broke the rules of SPDY; the connection is of no use any more. */
export class SpdyError extends Error {
  override name = 'SpdyError';
}
