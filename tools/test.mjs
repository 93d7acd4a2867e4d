// `npm test`: under the Node that the project needs.
import { fileURLToPath } from 'node:url';

process.env.PROA_ENTRY = fileURLToPath(new URL('./test.ts', import.meta.url));
await import('../proa.mjs');
