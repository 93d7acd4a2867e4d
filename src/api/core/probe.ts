import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, intOrString, list, optional, string, struct } from '#machinery/schema.ts';

export const ExecAction = struct('io.k8s.api.core.v1.ExecAction', {
  command: field(1, list(string)),
});
export interface ExecAction extends TypeOf<typeof ExecAction> {}

export const HTTPHeader = struct('io.k8s.api.core.v1.HTTPHeader', {
  name: always(1, string, { required: true }),
  value: always(2, string, { required: true }),
});
export interface HTTPHeader extends TypeOf<typeof HTTPHeader> {}

export const HTTPGetAction = struct('io.k8s.api.core.v1.HTTPGetAction', {
  path: field(1, string, { default: '/' }),
  port: always(2, intOrString, { required: true }),
  host: field(3, string),
  scheme: field(4, string, { default: 'HTTP', enum: ['HTTP', 'HTTPS'] }),
  httpHeaders: field(5, list(HTTPHeader)),
});
export interface HTTPGetAction extends TypeOf<typeof HTTPGetAction> {}

export const SleepAction = struct('io.k8s.api.core.v1.SleepAction', {
  seconds: always(1, int64, { required: true }),
});
export interface SleepAction extends TypeOf<typeof SleepAction> {}

export const TCPSocketAction = struct('io.k8s.api.core.v1.TCPSocketAction', {
  port: always(1, intOrString, { required: true }),
  host: field(2, string),
});
export interface TCPSocketAction extends TypeOf<typeof TCPSocketAction> {}

export const LifecycleHandler = struct('io.k8s.api.core.v1.LifecycleHandler', {
  exec: optional(1, ExecAction),
  httpGet: optional(2, HTTPGetAction),
  tcpSocket: optional(3, TCPSocketAction),
  sleep: optional(4, SleepAction),
});
export interface LifecycleHandler extends TypeOf<typeof LifecycleHandler> {}

export const Lifecycle = struct('io.k8s.api.core.v1.Lifecycle', {
  postStart: optional(1, LifecycleHandler),
  preStop: optional(2, LifecycleHandler),
  stopSignal: optional(3, string, {
    enum: [
      'SIGABRT',
      'SIGALRM',
      'SIGBUS',
      'SIGCHLD',
      'SIGCLD',
      'SIGCONT',
      'SIGFPE',
      'SIGHUP',
      'SIGILL',
      'SIGINT',
      'SIGIO',
      'SIGIOT',
      'SIGKILL',
      'SIGPIPE',
      'SIGPOLL',
      'SIGPROF',
      'SIGPWR',
      'SIGQUIT',
      'SIGSEGV',
      'SIGSTKFLT',
      'SIGSTOP',
      'SIGSYS',
      'SIGTERM',
      'SIGTRAP',
      'SIGTSTP',
      'SIGTTIN',
      'SIGTTOU',
      'SIGURG',
      'SIGUSR1',
      'SIGUSR2',
      'SIGVTALRM',
      'SIGWINCH',
      'SIGXCPU',
      'SIGXFSZ',
      'SIGRTMIN',
      'SIGRTMIN+1',
      'SIGRTMIN+2',
      'SIGRTMIN+3',
      'SIGRTMIN+4',
      'SIGRTMIN+5',
      'SIGRTMIN+6',
      'SIGRTMIN+7',
      'SIGRTMIN+8',
      'SIGRTMIN+9',
      'SIGRTMIN+10',
      'SIGRTMIN+11',
      'SIGRTMIN+12',
      'SIGRTMIN+13',
      'SIGRTMIN+14',
      'SIGRTMIN+15',
      'SIGRTMAX-14',
      'SIGRTMAX-13',
      'SIGRTMAX-12',
      'SIGRTMAX-11',
      'SIGRTMAX-10',
      'SIGRTMAX-9',
      'SIGRTMAX-8',
      'SIGRTMAX-7',
      'SIGRTMAX-6',
      'SIGRTMAX-5',
      'SIGRTMAX-4',
      'SIGRTMAX-3',
      'SIGRTMAX-2',
      'SIGRTMAX-1',
      'SIGRTMAX',
    ],
  }),
});
export interface Lifecycle extends TypeOf<typeof Lifecycle> {}

export const GRPCAction = struct('io.k8s.api.core.v1.GRPCAction', {
  port: always(1, int32, { required: true }),
  service: optional(2, string, { default: '' }),
});
export interface GRPCAction extends TypeOf<typeof GRPCAction> {}

export const Probe = struct('io.k8s.api.core.v1.Probe', {
  exec: optional([1, 1], ExecAction),
  httpGet: optional([1, 2], HTTPGetAction),
  tcpSocket: optional([1, 3], TCPSocketAction),
  grpc: optional([1, 4], GRPCAction),
  initialDelaySeconds: field(2, int32),
  timeoutSeconds: field(3, int32, { default: 1 }),
  periodSeconds: field(4, int32, { default: 10 }),
  successThreshold: field(5, int32, { default: 1 }),
  failureThreshold: field(6, int32, { default: 3 }),
  terminationGracePeriodSeconds: optional(7, int64),
});
export interface Probe extends TypeOf<typeof Probe> {}
