import { serveRelay } from '../serve.ts';

/** For tests: a relay process that takes far more native memory than it should. */
const hoard: Buffer[] = [];
for (let part = 0; part < 30; part++) hoard.push(Buffer.alloc(10 * 2 ** 20, 1));
process.on('exit', () => hoard.splice(0));

const none = async () => {
  throw new Error('no backends here');
};
serveRelay({ loadBackend: none, loadSource: none });
