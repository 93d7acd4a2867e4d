/** Probes, and what runs when a container starts and stops. */

import type { Container } from '#api/core/container.ts';
import type { Probe } from '#api/core/probe.ts';
import { addProblems, inspectAtLeastZero } from '#apiserver/resources/messages.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, invalid, notSupported, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkHttpHeaderName, checkPortName, checkPortNumber } from '#machinery/validation/names.ts';

type InspectHandler = (handler: AnyJson, path: FieldPath, errors: FieldError[], graceSeconds: number) => void;

const handlers: Readonly<Record<string, InspectHandler>> = {
  exec: (handler, path, errors) => {
    if (!handler.command?.length) errors.push(required(`${path}.command`));
  },
  httpGet: (handler, path, errors) => {
    if (!handler.path) errors.push(required(`${path}.path`));
    inspectPort(handler.port, `${path}.port`, errors);
    if (handler.scheme !== 'HTTP' && handler.scheme !== 'HTTPS') {
      errors.push(notSupported(`${path}.scheme`, handler.scheme, ['HTTP', 'HTTPS']));
    }
    for (const { name } of handler.httpHeaders ?? []) {
      addProblems(errors, `${path}.httpHeaders`, name, checkHttpHeaderName(name));
    }
  },
  tcpSocket: (handler, path, errors) => inspectPort(handler.port, `${path}.port`, errors),
  grpc: (handler, path, errors) => addProblems(errors, `${path}.port`, handler.port, checkPortNumber(handler.port)),
  sleep: ({ seconds }, path, errors, graceSeconds) => {
    if (seconds >= 0 && seconds <= graceSeconds) return;
    const problem = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`;
    errors.push(invalid(path, seconds, problem));
  },
};

function inspectPort(port: number | string, path: FieldPath, errors: FieldError[]): void {
  addProblems(errors, path, port, typeof port === 'number' ? checkPortNumber(port) : checkPortName(port));
}

/** Exactly one of the ways to ask or tell a container something. */
function inspectHandler(owner: AnyJson, path: FieldPath, errors: FieldError[], graceSeconds: number): void {
  let count = 0;
  for (const [name, inspect] of Object.entries(handlers)) {
    if (!owner[name]) continue;
    if (count++ > 0) errors.push(forbidden(`${path}.${name}`, 'may not specify more than 1 handler type'));
    else inspect(owner[name], `${path}.${name}`, errors, graceSeconds);
  }
  if (count === 0) errors.push(required(path, 'must specify a handler type'));
}

function inspectProbe(probe: Probe, path: FieldPath, errors: FieldError[], graceSeconds: number): void {
  inspectHandler(probe, path, errors, graceSeconds);
  for (const name of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    inspectAtLeastZero(probe[name], `${path}.${name}`, errors);
  }
  const own = probe.terminationGracePeriodSeconds;
  if (own !== undefined && own <= 0) {
    errors.push(invalid(`${path}.terminationGracePeriodSeconds`, own, 'must be greater than 0'));
  }
}

/** A container that failed once is restarted: only readiness may ask for more than one success. */
function inspectSucceedsOnce(probe: Probe, path: FieldPath, errors: FieldError[]): void {
  if (probe.successThreshold !== 1) {
    errors.push(invalid(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'));
  }
}

/** Lifecycle and probes: of containers that keep running. */
export function inspectRunning(
  container: Container,
  path: FieldPath,
  errors: FieldError[],
  graceSeconds: number,
): void {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  if (lifecycle?.postStart) inspectHandler(lifecycle.postStart, `${path}.lifecycle.postStart`, errors, graceSeconds);
  if (lifecycle?.preStop) inspectHandler(lifecycle.preStop, `${path}.lifecycle.preStop`, errors, graceSeconds);
  if (livenessProbe) {
    inspectProbe(livenessProbe, `${path}.livenessProbe`, errors, graceSeconds);
    inspectSucceedsOnce(livenessProbe, `${path}.livenessProbe`, errors);
  }
  if (readinessProbe) {
    const at = `${path}.readinessProbe`;
    inspectProbe(readinessProbe, at, errors, graceSeconds);
    const own = readinessProbe.terminationGracePeriodSeconds;
    if (own !== undefined) {
      errors.push(invalid(`${at}.terminationGracePeriodSeconds`, own, 'must not be set for readinessProbes'));
    }
  }
  if (startupProbe) {
    inspectProbe(startupProbe, `${path}.startupProbe`, errors, graceSeconds);
    inspectSucceedsOnce(startupProbe, `${path}.startupProbe`, errors);
  }
}
