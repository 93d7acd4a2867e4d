/** What the labels of a namespace ask of its Pods: a level and a version, to enforce, to audit and to warn by. */

import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid } from '#machinery/validation/field-error.ts';
import { key } from '#machinery/validation/field-path.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';

const levels: readonly Level[] = ['privileged', 'baseline', 'restricted'];

export interface LevelVersion {
  readonly level: Level;
  /** The minor version of Kubernetes whose rules count; infinite for the latest. */
  readonly minor: number;
  /** `baseline:latest`. */
  readonly text: string;
}

export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
  /** Labels that cannot be read. */
  readonly errors: readonly FieldError[];
}

const latest = 'latest';

export function isStricter(a: Level, b: Level): boolean {
  return levels.indexOf(a) > levels.indexOf(b);
}

/** A label that cannot be read enforces the strictest level, but audits and warns of nothing. */
export function policyOf(labels: Readonly<Record<string, string>> | undefined): Policy {
  const errors: FieldError[] = [];
  const read = (mode: 'enforce' | 'audit' | 'warn', fallback: Level): LevelVersion => {
    const label = `pod-security.kubernetes.io/${mode}`;
    const value = labels?.[label];
    let level = levels.find(each => each === (value ?? 'privileged'));
    if (level === undefined) {
      errors.push(invalid(key('metadata.labels', label), value, `must be one of ${levels.join(', ')}`));
      level = fallback;
    }
    let version = labels?.[`${label}-version`] ?? latest;
    if (version !== latest && !/^v1\.(0|[1-9][0-9]{0,8})$/.test(version)) {
      errors.push(invalid(key('metadata.labels', `${label}-version`), version, 'must be "latest" or "v1.x"'));
      version = latest;
    }
    const minor = version === latest ? Number.POSITIVE_INFINITY : Number(version.slice(3));
    return { level, minor, text: `${level}:${version}` };
  };
  const enforce = read('enforce', 'restricted');
  const audit = read('audit', 'privileged');
  return { enforce, audit, warn: read('warn', 'privileged'), errors };
}
