import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, int64, intOrString, list, optional, string, struct } from '#machinery/schema.ts';

export const ExecAction = struct(
  'io.k8s.api.core.v1.ExecAction',
  {
    command: field(1, list(string), {
      doc: 'The program and its arguments, run without a shell. Exit code 0 is success.',
    }),
  },
  { doc: 'A command that runs inside the container.' },
);
export interface ExecAction extends TypeOf<typeof ExecAction> {}

export const HTTPHeader = struct(
  'io.k8s.api.core.v1.HTTPHeader',
  {
    name: always(1, string, { required: true, doc: 'Name of the header, compared without case.' }),
    value: always(2, string, { required: true, doc: 'Value of the header.' }),
  },
  { doc: 'One header of a request.' },
);
export interface HTTPHeader extends TypeOf<typeof HTTPHeader> {}

export const HTTPGetAction = struct(
  'io.k8s.api.core.v1.HTTPGetAction',
  {
    path: field(1, string, { default: '/', doc: 'Path of the request. / if absent.' }),
    port: always(2, intOrString, { required: true, doc: "Number or name of the container's port." }),
    host: field(3, string, { doc: "Host to connect to. The Pod's IP if absent." }),
    scheme: field(4, string, {
      default: 'HTTP',
      enum: ['HTTP', 'HTTPS'],
      doc: 'HTTP or HTTPS; certificates are not verified. HTTP if absent.',
    }),
    httpHeaders: field(5, list(HTTPHeader), { doc: 'Headers to send. A name may come more than once.' }),
  },
  { doc: 'An HTTP GET request. A code from 200 to 399 is success.' },
);
export interface HTTPGetAction extends TypeOf<typeof HTTPGetAction> {}

export const SleepAction = struct(
  'io.k8s.api.core.v1.SleepAction',
  {
    seconds: always(1, int64, { required: true, doc: 'How long to sleep, in seconds.' }),
  },
  { doc: "A pause of the container's lifecycle." },
);
export interface SleepAction extends TypeOf<typeof SleepAction> {}

export const TCPSocketAction = struct(
  'io.k8s.api.core.v1.TCPSocketAction',
  {
    port: always(1, intOrString, { required: true, doc: "Number or name of the container's port." }),
    host: field(2, string, { doc: "Host to connect to. The Pod's IP if absent." }),
  },
  { doc: 'A TCP connection. That it opens is success.' },
);
export interface TCPSocketAction extends TypeOf<typeof TCPSocketAction> {}

export const LifecycleHandler = struct(
  'io.k8s.api.core.v1.LifecycleHandler',
  {
    exec: optional(1, ExecAction, { doc: 'Run a command in the container.' }),
    httpGet: optional(2, HTTPGetAction, { doc: 'Make an HTTP request.' }),
    tcpSocket: optional(3, TCPSocketAction, {
      doc: 'Open a TCP connection to the container, which is closed at once.',
    }),
    sleep: optional(4, SleepAction, { doc: 'Wait.' }),
  },
  { doc: "What to do at a point of a container's life. Exactly one is set." },
);
export interface LifecycleHandler extends TypeOf<typeof LifecycleHandler> {}

export const Lifecycle = struct(
  'io.k8s.api.core.v1.Lifecycle',
  {
    postStart: optional(1, LifecycleHandler, {
      doc: 'Runs right after the start. If it fails the container is killed.',
    }),
    preStop: optional(2, LifecycleHandler, { doc: 'Runs before the container is stopped, within the grace period.' }),
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
      doc: "Signal that stops the container. Needs spec.os.name; the image's or SIGTERM if absent.",
    }),
  },
  { doc: "What runs after a container's start and before its end." },
);
export interface Lifecycle extends TypeOf<typeof Lifecycle> {}

export const GRPCAction = struct(
  'io.k8s.api.core.v1.GRPCAction',
  {
    port: always(1, int32, { required: true, doc: 'Number of the port.' }),
    service: optional(2, string, {
      default: '',
      doc: 'Service named in the request. Empty asks about the whole server.',
    }),
  },
  { doc: 'A call of the gRPC health checking service.' },
);
export interface GRPCAction extends TypeOf<typeof GRPCAction> {}

export const Probe = struct(
  'io.k8s.api.core.v1.Probe',
  {
    exec: optional([1, 1], ExecAction, { doc: 'Run a command in the container.' }),
    httpGet: optional([1, 2], HTTPGetAction, { doc: 'Make an HTTP request.' }),
    tcpSocket: optional([1, 3], TCPSocketAction, { doc: 'Open a TCP connection.' }),
    grpc: optional([1, 4], GRPCAction, { doc: 'Ask the gRPC health service.' }),
    initialDelaySeconds: field(2, int32, {
      doc: 'Seconds from the start of the container to the first check. 0 if absent.',
    }),
    timeoutSeconds: field(3, int32, { default: 1, doc: 'Seconds after which a check has failed. 1 if absent.' }),
    periodSeconds: field(4, int32, { default: 10, doc: 'Seconds from one check to the next. 10 if absent.' }),
    successThreshold: field(5, int32, {
      default: 1,
      doc: 'Successes in a row that end a failure. 1 if absent, and always 1 for liveness and startup.',
    }),
    failureThreshold: field(6, int32, { default: 3, doc: 'Failures in a row that count as failed. 3 if absent.' }),
    terminationGracePeriodSeconds: optional(7, int64, {
      doc: "Seconds to stop after a failed check. The Pod's own period if absent.",
    }),
  },
  { doc: 'A check of a container that is repeated while it runs.' },
);
export interface Probe extends TypeOf<typeof Probe> {}
