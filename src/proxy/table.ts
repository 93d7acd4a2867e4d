/**
 * What the table holds, and the transaction that leads from one state of it to the next: only what differs is in it.
 *
 * Several Services may ask for the same element: an endpoint that belongs to many, an external address given twice. It
 * is there as long as one of them asks; when they disagree, the one whose name sorts first
 * has it, on every node the same.
 */

import type { Chain } from '#proxy/base-rules.ts';
import { tableName } from '#proxy/base-rules.ts';
import type { Family } from '#proxy/family.ts';
import type { Rules } from '#proxy/rules.ts';

type ServiceKey = string;

/** What one change of a Service does. The texts are commands of `nft`. */
interface Steps {
  readonly make: string[];
  readonly fill: string[];
  readonly elementsGone: string[];
  readonly elementsNew: string[];
  readonly empty: string[];
  readonly remove: string[];
}

/** Elements in one command; a line of many thousands is slow to parse. */
const elementsPerCommandMax = 500;

export class Table {
  readonly #at: string;
  readonly #baseSets: ReadonlyMap<string, string>;
  readonly #baseChains: ReadonlyMap<string, Chain>;
  readonly #services = new Map<ServiceKey, Rules>();
  /** Of each element: who asks for it, and to what it should lead. */
  readonly #claims = new Map<string, Map<ServiceKey, string>>();

  constructor(family: Family, baseSets: ReadonlyMap<string, string>, baseChains: ReadonlyMap<string, Chain>) {
    this.#at = `${family} ${tableName}`;
    this.#baseSets = baseSets;
    this.#baseChains = baseChains;
  }

  rulesOf(key: ServiceKey): Rules | undefined {
    return this.#services.get(key);
  }

  /** Takes the new rules of some Services and gives the transaction; '' when nothing differs. */
  change(changes: ReadonlyMap<ServiceKey, Rules | undefined>): string {
    const steps: Steps = { make: [], fill: [], elementsGone: [], elementsNew: [], empty: [], remove: [] };
    const elementsBefore = new Map<string, string | undefined>();
    for (const [key, next] of changes) {
      const old = this.#services.get(key);
      this.#diffChains(steps, old, next);
      for (const element of new Set([...(old?.elements.keys() ?? []), ...(next?.elements.keys() ?? [])])) {
        if (!elementsBefore.has(element)) elementsBefore.set(element, this.#winner(element));
        this.#claim(element, key, next?.elements.get(element));
      }
      if (next === undefined) this.#services.delete(key);
      else this.#services.set(key, next);
    }
    const gone: [string, string][] = [];
    const added: [string, string][] = [];
    for (const [element, before] of elementsBefore) {
      const after = this.#winner(element);
      if (after === before) continue;
      if (before !== undefined) gone.push([element, before]);
      if (after !== undefined) added.push([element, after]);
    }
    steps.elementsGone.push(...this.#elementCommands('delete', gone));
    steps.elementsNew.push(...this.#elementCommands('add', added));
    return text(steps);
  }

  /**
   * The whole table. With the names of what is there, it is brought into shape in place, which keeps who is remembered
   * as whose client; without, it is made anew. Either way in one transaction: no packet meets half a table.
   */
  whole(existing?: { readonly chains: readonly string[]; readonly sets: readonly string[] }): string {
    const steps: Steps = { make: [], fill: [], elementsGone: [], elementsNew: [], empty: [], remove: [] };
    steps.make.push(`add table ${this.#at}`);
    if (existing === undefined) steps.make.push(`delete table ${this.#at}`, `add table ${this.#at}`);
    for (const [set, type] of this.#baseSets) {
      const [kind, name] = set.split(' ');
      steps.make.push(`add ${kind} ${this.#at} ${name} { ${type} }`, `flush ${kind} ${this.#at} ${name}`);
    }
    for (const [name, { hook = '', rules }] of this.#baseChains) this.#fillChain(steps, name, rules, hook);
    for (const rules of this.#services.values()) this.#diffChains(steps, undefined, rules);
    const elements = [...this.#claims.keys()].map((element): [string, string] => [element, this.#winner(element)!]);
    steps.elementsNew.push(...this.#elementCommands('add', elements));
    if (existing !== undefined) this.#removeStrangers(steps, existing);
    return text(steps);
  }

  #removeStrangers(steps: Steps, existing: { readonly chains: readonly string[]; readonly sets: readonly string[] }) {
    const known = { chains: new Set(this.#baseChains.keys()), sets: new Set<string>() };
    for (const set of this.#baseSets.keys()) known.sets.add(set.split(' ')[1]!);
    for (const rules of this.#services.values()) {
      for (const name of rules.chains.keys()) known.chains.add(name);
      for (const name of rules.sets.keys()) known.sets.add(name);
    }
    for (const name of existing.chains) if (!known.chains.has(name)) this.#removeChain(steps, name);
    for (const name of existing.sets) if (!known.sets.has(name)) steps.remove.push(`delete set ${this.#at} ${name}`);
  }

  #diffChains(steps: Steps, old: Rules | undefined, next: Rules | undefined): void {
    for (const [name, type] of next?.sets ?? []) {
      if (!old?.sets.has(name)) steps.make.push(`add set ${this.#at} ${name} { ${type} }`);
    }
    for (const [name, rules] of next?.chains ?? []) {
      const before = old?.chains.get(name);
      if (before === undefined || !sameLines(before, rules)) this.#fillChain(steps, name, rules);
    }
    for (const name of old?.chains.keys() ?? []) if (!next?.chains.has(name)) this.#removeChain(steps, name);
    for (const name of old?.sets.keys() ?? []) {
      if (!next?.sets.has(name)) steps.remove.push(`delete set ${this.#at} ${name}`);
    }
  }

  #fillChain(steps: Steps, name: string, rules: readonly string[], hook = ''): void {
    steps.make.push(`add chain ${this.#at} ${name}${hook === '' ? '' : ` { ${hook} }`}`);
    steps.make.push(`flush chain ${this.#at} ${name}`);
    for (const rule of rules) steps.fill.push(`add rule ${this.#at} ${name} ${rule}`);
  }

  /** Chains that go lead to one another, so all are emptied before the first is deleted. */
  #removeChain(steps: Steps, name: string): void {
    steps.empty.push(`flush chain ${this.#at} ${name}`);
    steps.remove.push(`delete chain ${this.#at} ${name}`);
  }

  #winner(element: string): string | undefined {
    const claims = this.#claims.get(element);
    if (claims === undefined) return undefined;
    let first: ServiceKey | undefined;
    for (const key of claims.keys()) if (first === undefined || key < first) first = key;
    return first === undefined ? undefined : claims.get(first);
  }

  #claim(element: string, key: ServiceKey, value: string | undefined): void {
    const claims = this.#claims.get(element);
    if (value === undefined) {
      if (claims?.delete(key) && claims.size === 0) this.#claims.delete(element);
    } else if (claims === undefined) this.#claims.set(element, new Map([[key, value]]));
    else claims.set(key, value);
  }

  #elementCommands(verb: 'add' | 'delete', elements: readonly [string, string][]): string[] {
    const bySet = new Map<string, string[]>();
    for (const [element, value] of elements) {
      const space = element.indexOf(' ');
      const set = element.slice(0, space);
      const item = element.slice(space + 1) + (value === '' ? '' : ` : ${value}`);
      const items = bySet.get(set);
      if (items === undefined) bySet.set(set, [item]);
      else items.push(item);
    }
    const commands: string[] = [];
    for (const [set, items] of bySet) {
      for (let start = 0; start < items.length; start += elementsPerCommandMax) {
        const some = items.slice(start, start + elementsPerCommandMax).join(', ');
        commands.push(`${verb} element ${this.#at} ${set} { ${some} }`);
      }
    }
    return commands;
  }
}

/** An order in which nothing is used before it is there or removed while it is used. */
function text({ make, fill, elementsGone, elementsNew, empty, remove }: Steps): string {
  const lines = [...make, ...fill, ...elementsGone, ...elementsNew, ...empty, ...remove];
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}
