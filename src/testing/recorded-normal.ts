/**
 * Makes replies comparable: what differs from run to run (uids, versions, times, generated names) becomes a tag, and the same
 * value has the same tag throughout a case. What a request itself sent stays as it is.
 */

import type { AnyJson } from '#machinery/schema.ts';

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const timeInText = /\b\d{4}-\d\d-\d\d(?:T| )\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| \+0000 UTC)/g;
const versionInText =
  /((?:resource ?version(?: in precondition| in object meta)?\\*"?\s?[:=]\s?\\*"?|\(?current: |resource ?version in record \(|too old resource version: \d+ \())(\d+)/gi;
const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const jwt = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;
const age = /^\d+[smhdy]/;
const ageColumns = ['Age', 'Last Seen', 'First Seen', 'Last Schedule', 'Duration'];

export class Normal {
  readonly #namespace: string;
  /** Lists have versions that other writers move, and texts hold versions and times. */
  readonly #listVersions: boolean;
  readonly #anyManager: boolean;
  readonly #tags = new Map<string, Map<string, string>>();
  readonly #sent = new Set<string>();
  readonly #generated = new Map<string, string>();
  readonly #prefixes = new Set<string>();

  constructor(namespace: string, options: readonly string[]) {
    this.#namespace = namespace;
    this.#listVersions = options.includes('listrv');
    this.#anyManager = options.includes('anymanager');
  }

  note(value: AnyJson): void {
    if (Array.isArray(value)) for (const each of value) this.note(each);
    else if (typeof value === 'object' && value !== null) {
      for (const each of Object.values(value)) this.note(each);
      if (typeof value.generateName === 'string' && value.generateName !== '') this.#prefixes.add(value.generateName);
    } else if (typeof value === 'string' || Number.isInteger(value)) this.#sent.add(String(value));
  }

  #tag(kind: string, value: string): string {
    const known = this.#tags.get(kind) ?? new Map<string, string>();
    this.#tags.set(kind, known);
    const tag = known.get(value) ?? `<${kind}-${known.size + 1}>`;
    known.set(value, tag);
    return tag;
  }

  text(given: string): string {
    let text = given.replace(/kube-api-access-[a-z0-9]{5}\b/g, each => this.#tag('kube-api-access', each));
    text = text.replace(uid, each => (this.#sent.has(each) ? each : this.#tag('uid', each)));
    text = text.replace(/X509SHA256=[0-9a-f]{64}/g, 'X509SHA256=<sha>');
    for (const [name, tagged] of this.#generated) text = text.replaceAll(name, tagged);
    if (this.#listVersions) text = this.#versionsIn(text);
    return text.replaceAll(this.#namespace, '{{ns}}');
  }

  #versionsIn(given: string): string {
    let text = given;
    for (const prefix of this.#prefixes) {
      const generated = new RegExp(
        `(?<![\\w-])${RegExp.escape(prefix)}([bcdfghjklmnpqrstvwxz2456789]{5})(?![\\w-])`,
        'g',
      );
      text = text.replace(generated, (_, suffix: string) => prefix + this.#tag('gen', suffix));
    }
    text = text.replace(versionInText, (_, before: string, version: string) => before + this.#version(version));
    const isSent = (each: string) => [...this.#sent].some(one => one.includes(each));
    return text.replace(timeInText, each => (isSent(each) ? each : '<time>'));
  }

  #version(version: string): string {
    if (version === '0' || version === '1' || this.#sent.has(version)) return version;
    return this.#tags.get('rv')?.get(version) ?? '<rv>';
  }

  value(given: AnyJson, key = ''): AnyJson {
    if (Array.isArray(given)) return this.#list(given, key);
    if (typeof given === 'object' && given !== null) return this.#object(given, key);
    if (typeof given === 'string') return this.#string(given, key);
    const isNodePort = ['nodePort', 'healthCheckNodePort'].includes(key) && given >= 30_000 && given <= 32_767;
    return isNodePort && !this.#sent.has(String(given)) ? this.#tag('nodeport', String(given)) : given;
  }

  #object(given: AnyJson, key: string): AnyJson {
    const object = given.kind === 'Table' && 'columnDefinitions' in given ? withoutAges(given) : given;
    const { name, generateName, resourceVersion } = object;
    const isOfList =
      this.#listVersions && key === 'metadata' && !['name', 'uid', 'labels'].some(each => each in object);
    const result: AnyJson = {};
    for (const [each, value] of Object.entries(object)) {
      const isGenerated = each === 'name' && typeof name === 'string' && generateName && name.startsWith(generateName);
      if (isGenerated && !this.#sent.has(name)) {
        const tagged = generateName + this.#tag('gen', name.slice(generateName.length));
        this.#generated.set(name, tagged);
        result[each] = tagged;
      } else if (isOfList && each === 'resourceVersion' && !['', '0'].includes(resourceVersion)) {
        result[each] = '<list-rv>';
      } else {
        result[this.text(each)] = this.value(value, each);
      }
    }
    return result;
  }

  #list(given: readonly AnyJson[], key: string): AnyJson[] {
    let list = [...given];
    const by = (names: readonly string[]) => (a: AnyJson, b: AnyJson) => {
      const [one, other] = [a, b].map(each => names.map(name => each[name] ?? '').join('\0')) as [string, string];
      return one < other ? -1 : one > other ? 1 : 0;
    };
    if (key === 'managedFields' && this.#anyManager) {
      list = list.sort(by(['manager', 'operation', 'subresource', 'apiVersion']));
    }
    if (key === 'managedFields' && this.#listVersions) list = list.sort(by(['operation', 'manager']));
    return list.map(each => this.value(each, key));
  }

  #string(given: string, key: string): string {
    const isSent = this.#sent.has(given);
    if (key === 'serverRelativeURL') return given.replace(/([?&]hash=)[0-9A-Fa-f]+/, '$1<hash>');
    if (key === 'resourceVersion' && given !== '' && given !== '0') return this.#tag('rv', given);
    if (key === 'continue' && given !== '') return '<continue>';
    if (time.test(given) && !isSent) return '<time>';
    if (given.startsWith('-----BEGIN CERTIFICATE-----') && !isSent) return '<pem>';
    if (jwt.test(given)) return '<jwt>';
    const isServiceAddress = /^10\.96\.\d+\.\d+$/.test(given) && given !== '10.96.0.1';
    return isServiceAddress && !isSent ? this.#tag('clusterip', given) : this.text(given);
  }
}

/** A Table without the prose of its columns; ages become `<age>`. */
function withoutAges(table: AnyJson): AnyJson {
  const columns = table.columnDefinitions?.map(({ description: _, ...column }: AnyJson) => column);
  const rows = (table.rows ?? []).map((row: AnyJson) => ({
    ...row,
    cells: row.cells.map((cell: AnyJson, i: number) => {
      const isAge = typeof cell === 'string' && age.test(cell) && ageColumns.includes(columns?.[i]?.name);
      return isAge ? '<age>' : cell;
    }),
  }));
  return { ...table, columnDefinitions: columns ?? null, rows };
}
