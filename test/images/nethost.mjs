#!/bin/node
/**
 * A program to try networks with, as the end-to-end tests of Kubernetes know it: what it serves and says is what they
 * expect, the rest is its own.
 *
 *   netexec [--http-port 8080] [--udp-port 8081] [--delay-shutdown SECONDS]   liveness   pause
 *   grpc-health-checking [--port 5000] [--http-port 8080]                     connect [--timeout 3s] [--protocol udp] HOST:PORT
 */

import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { connect as connectTo } from 'node:net';
import { hostname } from 'node:os';

const [verb = 'pause', ...words] = process.argv.slice(2);
const flags = {};
const rest = [];
for (let at = 0; at < words.length; at++) {
  const flag = /^--([^=]+)(?:=(.*))?$/s.exec(words[at]);
  if (flag) flags[flag[1]] = flag[2] ?? words[++at];
  else rest.push(words[at]);
}

/** Node's `date` and friends are kept; a Go server sends nothing more. */
function answer(response, code, text, headers = {}) {
  const body = Buffer.from(text);
  response.shouldKeepAlive = true;
  response.writeHead(code, { 'Content-Length': body.length, 'Content-Type': 'text/plain; charset=utf-8', ...headers });
  response.end(body);
}

function serveHttp(port, special = () => false) {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://here');
    if (special(pathname, response)) return;
    const code = Number(searchParams.get('code') ?? 200);
    if (pathname === '/hostname' || pathname === '/hostName') answer(response, 200, hostname());
    else if (pathname === '/clientip')
      answer(response, 200, `${request.socket.remoteAddress?.replace('::ffff:', '')}:${request.socket.remotePort}`);
    else if (pathname === '/echo') answer(response, code, searchParams.get('msg') ?? '');
    else if (pathname === '/redirect') redirect(response, code, searchParams.get('location') ?? '/');
    else if (pathname === '/healthz') answer(response, 200, 'ok');
    else if (pathname === '/header')
      answer(response, 200, request.headers[searchParams.get('key')?.toLowerCase()] ?? '');
    else answer(response, 200, `NOW: ${new Date().toISOString()}`);
  });
  server.listen(port);
  return server;
}

/** Go's net/http writes a short page that names the place. */
function redirect(response, code, location) {
  const names = {
    301: 'Moved Permanently',
    302: 'Found',
    303: 'See Other',
    307: 'Temporary Redirect',
    308: 'Permanent Redirect',
  };
  answer(response, code, `<a href="${location}">${names[code] ?? 'Found'}</a>.\n\n`, {
    Location: location,
    'Content-Type': 'text/html; charset=utf-8',
  });
}

function serveUdp(port) {
  const socket = createSocket('udp4');
  socket.on('message', (message, { address, port: from }) => {
    const text = message.toString().trim();
    const [word, ...more] = text.split(' ');
    const reply =
      word === 'hostname'
        ? hostname()
        : word === 'clientip'
          ? `${address}:${from}`
          : word === 'echo'
            ? more.join(' ')
            : '';
    if (reply !== '') socket.send(reply, from, address);
  });
  socket.bind(port);
}

function endOnSignal(delayMs, code = 0) {
  process.on('SIGTERM', () => setTimeout(() => process.exit(code), delayMs));
  process.on('SIGINT', () => process.exit(0));
}

function netexec() {
  serveHttp(Number(flags['http-port'] ?? 8080));
  const udpPort = Number(flags['udp-port'] ?? 8081);
  if (udpPort > 0) serveUdp(udpPort);
  endOnSignal(Number(flags['delay-shutdown'] ?? 0) * 1000);
}

/** Well for ten seconds. */
function liveness() {
  const startedMs = Date.now();
  serveHttp(8080, (path, response) => {
    const seconds = (Date.now() - startedMs) / 1000;
    if (path !== '/healthz') return false;
    if (seconds > 10) answer(response, 500, `error: ${seconds}`);
    else answer(response, 200, 'ok');
    return true;
  });
  endOnSignal(0, 2);
}

/** One message of HealthCheckResponse: SERVING is 1, NOT_SERVING 2. */
function grpcHealth() {
  let serving = true;
  const server = createHttp2Server();
  server.on('stream', (stream, headers) => {
    const chunks = [];
    stream.on('data', chunk => chunks.push(chunk));
    stream.on('end', () => {
      const service = Buffer.concat(chunks).subarray(7).toString();
      const path = headers[':path'];
      const failure =
        path !== '/grpc.health.v1.Health/Check'
          ? [12, 'unknown method']
          : service === ''
            ? undefined
            : [5, 'unknown service'];
      const grpc = { ':status': 200, 'content-type': 'application/grpc' };
      if (failure) {
        stream.respond({ ...grpc, 'grpc-status': String(failure[0]), 'grpc-message': failure[1] }, { endStream: true });
        return;
      }
      stream.respond(grpc, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, serving ? 1 : 2]));
    });
  });
  server.listen(Number(flags['port'] ?? 5000));
  serveHttp(Number(flags['http-port'] ?? 8080), (path, response) => {
    if (path !== '/make-serving' && path !== '/make-not-serving') return false;
    serving = path === '/make-serving';
    answer(response, 200, 'ok');
    return true;
  });
  endOnSignal(0, 2);
  const delaySeconds = Number(flags['delay-unhealthy-sec'] ?? -1);
  if (delaySeconds >= 0) setTimeout(() => (serving = false), delaySeconds * 1000);
}

function connect() {
  const [, host, port] = /^(.*):(\d+)$/.exec(rest[0] ?? '') ?? [];
  const timeoutMs = Number.parseFloat(flags['timeout'] ?? '10') * 1000;
  const fail = text => {
    process.stderr.write(`${text}\n`);
    process.exit(1);
  };
  setTimeout(() => fail('TIMEOUT'), timeoutMs);
  if (flags['protocol'] === 'udp') {
    const socket = createSocket('udp4');
    socket.on('message', () => process.exit(0));
    socket.on('error', () => fail('REFUSED'));
    socket.connect(Number(port), host, () => socket.send('hostname'));
    return;
  }
  const socket = connectTo(Number(port), host, () => process.exit(0));
  socket.on('error', error =>
    fail(error.code === 'ECONNREFUSED' ? 'REFUSED' : error.code === 'ENOTFOUND' ? 'DNS' : 'OTHER'),
  );
}

const verbs = { netexec, liveness, connect, 'grpc-health-checking': grpcHealth };
if (verbs[verb]) verbs[verb]();
else {
  endOnSignal(0);
  setInterval(() => {}, 1 << 30);
}
