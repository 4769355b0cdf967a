import type { Compiler } from '../compiler.ts';
import { deployedWatches, itemOf } from './deployed.ts';
import { type Watch, watchOf } from './watch.ts';

/** Watches of Watcher, on the streams that the `elasticsearch` backend writes; their webhook is Ringdown's. */
export const compiler: Compiler<Watch> = {
  target: 'elasticsearch',
  title: 'Elasticsearch Watcher',
  inbound: 'watcher',
  settings: {
    prefix: { description: 'prefix of the elasticsearch backend', fallback: 'ringdown' },
    temporality: { description: 'how counters are sent: cumulative (running totals) or delta', fallback: 'cumulative' },
  },
  compile: watchOf,
  assemble: (compiled) =>
    compiled.map(({ piece: { id, body } }) => ({
      path: `watches/${id}.json`,
      content: `${JSON.stringify(body, null, 2)}\n`,
    })),
  items: (compiled) => compiled.map(({ piece }) => itemOf(piece, true)),
  deployed: (connection, _context, _wanted, abort) => deployedWatches(connection, abort),
};
