/** How a remote command ended: the `Status` that goes over the error stream, as upstream writes it. */

export interface CommandStatus {
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string | undefined;
  readonly reason?: string | undefined;
  readonly details?:
    | { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] }
    | undefined;
  readonly code?: number | undefined;
}

export const successStatus: CommandStatus = { metadata: {}, status: 'Success' };

/** The command ran and ended with a code other than 0. */
export function exitStatus(exitCode: number, detail = `command terminated with exit code ${exitCode}`): CommandStatus {
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: ${detail}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** The command did not run, or nobody knows how it ended. */
export function internalErrorStatus(message: string): CommandStatus {
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  };
}

/** 0 for success; undefined when the command did not end by itself. */
export function exitCodeOf(status: CommandStatus): number | undefined {
  if (status.status === 'Success') return 0;
  if (status.reason !== 'NonZeroExitCode') return undefined;
  const cause = status.details?.causes?.find(one => one.reason === 'ExitCode')?.message ?? '';
  return /^\d{1,3}$/.test(cause) ? Number(cause) : undefined;
}

/** A status as it is passed on by one who only relays: worded as upstream's stream translator words it. */
export function relayedStatus(status: CommandStatus): CommandStatus {
  if (status.status === 'Success') return successStatus;
  const exitCode = exitCodeOf(status);
  return exitCode === undefined ? internalErrorStatus(status.message ?? '') : exitStatus(exitCode);
}

/** Versions before 4 know no JSON: the text of what failed, nothing for success. */
export function encodeStatus(status: CommandStatus, isJson: boolean): Uint8Array {
  if (isJson) return Buffer.from(JSON.stringify(status));
  return Buffer.from(status.status === 'Success' ? '' : (status.message ?? ''));
}

export function decodeStatus(bytes: Uint8Array, isJson: boolean): CommandStatus {
  const text = Buffer.from(bytes).toString();
  if (!isJson) return text === '' ? successStatus : internalErrorStatus(text);
  if (text === '') return internalErrorStatus('the connection ended before the command');
  try {
    const status = JSON.parse(text) as CommandStatus;
    if (status?.status === 'Success' || status?.status === 'Failure') return status;
  } catch {
    // Told below.
  }
  return internalErrorStatus(`error stream protocol error: unknown error in ${JSON.stringify(text.slice(0, 200))}`);
}
