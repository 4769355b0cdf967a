import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startElasticsearch } from './servers/elasticsearch.ts';
import { startInfluxdb } from './servers/influxdb.ts';
import type { Server } from './servers/server.ts';

interface Kept {
  start(): Promise<Server>;
  /** Stores something. */
  write(url: string): Promise<void>;
  /** What was stored, as text. */
  read(url: string): Promise<string>;
}

const WORD = 'ringdown-was-here';

/** Servers that keep data: what was acknowledged is there after a kill. */
const keeping: Record<string, Kept> = {
  Elasticsearch: {
    start: startElasticsearch,
    write: async (url) => {
      await put(`${url}/kept/_doc/1?refresh=true`, 'application/json', JSON.stringify({ word: WORD }));
    },
    read: async (url) => await (await fetch(`${url}/kept/_search?q=word:${WORD}`)).text(),
  },
  InfluxDB: {
    start: startInfluxdb,
    write: async (url) => {
      await fetch(`${url}/query?q=CREATE+DATABASE+kept`, { method: 'POST' });
      await put(`${url}/write?db=kept`, 'text/plain', `kept word="${WORD}"`);
    },
    read: async (url) => await (await fetch(`${url}/query?db=kept&q=SELECT+word+FROM+kept`)).text(),
  },
};

for (const [name, { start, write, read }] of Object.entries(keeping)) {
  describe(name, () => {
    let server: Server;

    beforeAll(async () => {
      server = await start();
    });

    afterAll(async () => await server?.stop());

    test('says its version', () => {
      expect(server.version).toMatch(/^\d+\.\d+/);
    });

    test('keeps its data through a kill', async () => {
      await write(server.url);
      await server.kill();
      await expect(fetch(server.url)).rejects.toThrow();
      await server.restart();
      expect(await read(server.url)).toContain(WORD);
    });

    test('answers nothing while it is paused, and again when it is resumed', async () => {
      server.pause();
      await expect(fetch(server.url, { signal: AbortSignal.timeout(300) })).rejects.toThrow(/timeout/);
      server.resume();
      expect(await read(server.url)).toContain(WORD);
    });
  });
}

async function put(url: string, type: string, body: string): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
}
