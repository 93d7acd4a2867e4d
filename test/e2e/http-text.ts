/** One HTTP request over a connection of its own: no connection outlives the Pod that took it. */

import { get } from 'node:http';

const answerMsMax = 5_000;

export function httpText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = get(url, { agent: false, timeout: answerMsMax }, async response => {
      let text = '';
      try {
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${url} answered ${response.statusCode}: ${text}`));
      } catch (error) {
        reject(error);
      }
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error(`${url} did not answer`)));
  });
}
