/** What tests use of the package: another implementation of DNS messages, to check ours against. */

declare module 'dns-packet' {
  export interface Packet {
    id?: number;
    type?: 'query' | 'response';
    flags?: number;
    readonly flag_aa?: boolean;
    readonly flag_tc?: boolean;
    questions?: { type: string; name: string }[];
    answers?: { type: string; name: string; ttl?: number; data: unknown }[];
    additionals?: object[];
  }
  export function encode(packet: Packet): Buffer;
  export function decode(bytes: Uint8Array): Packet;
}
