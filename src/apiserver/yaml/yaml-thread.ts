/** The entry of the thread that reads long YAML: it may stop at any text, and stops nobody else. */

import { type MessagePort, parentPort } from 'node:worker_threads';
import type { YamlReply } from '#apiserver/yaml/yaml-reader.ts';
import { must } from '#lib/assert.ts';
import { parseYaml, YamlSyntaxError } from '#machinery/yaml.ts';

const port: MessagePort = must(parentPort, 'runs as a thread');

function read(text: string): YamlReply {
  try {
    return { parsed: parseYaml(text) };
  } catch (error) {
    if (error instanceof YamlSyntaxError) return { problem: error.message };
    throw error;
  }
}

port.on('message', (text: string) => port.postMessage(read(text)));
