import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import { openSqlite } from './index.ts';

interface Schema {
  entry: { n: number; half: 'first' | 'second' };
}

const ROUNDS = 25;
const SEED = 20_261_123;

/** Writes pairs of rows, each pair in one transaction, and says which pairs were acknowledged. */
const WRITER = `
  const { openSqlite } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
  const { db } = await openSqlite({ file: process.argv[1] });
  await db.schema.createTable('entry').ifNotExists().addColumn('n', 'integer').addColumn('half', 'text').execute();
  const last = await db.selectFrom('entry').select((eb) => eb.fn.max('n').as('n')).executeTakeFirst();
  for (let n = (last?.n ?? 0) + 1; ; n++) {
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('entry').values({ n, half: 'first' }).execute();
      await trx.insertInto('entry').values({ n, half: 'second' }).execute();
    });
    process.stdout.write(n + '\\n');
  }`;

test(`no acknowledged transaction is lost and none is torn over ${ROUNDS} kill -9`, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ringdown-kill-'));
  const file = join(directory, 'state.db');
  const random = seededRandom(SEED);
  let acknowledged = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITER, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const killAt = acknowledged + 1 + Math.floor(random() * 40);
    let text = '';
    writer.stdout.on('data', (chunk) => {
      text += chunk;
      const complete = text.split('\n').slice(0, -1);
      acknowledged = Number(complete.at(-1) ?? acknowledged);
      if (acknowledged >= killAt) writer.kill('SIGKILL');
    });
    await once(writer, 'close');
    expect(writer.signalCode).toBe('SIGKILL');

    const { db, close } = await openSqlite<Schema>({ file });
    const rows = await db.selectFrom('entry').selectAll().orderBy('n').orderBy('half').execute();
    await close();
    expect(rows.length % 2).toBe(0);
    expect(rows.length / 2).toBeGreaterThanOrEqual(acknowledged);
    expect(rows).toEqual(
      Array.from({ length: rows.length / 2 }, (_, i) => [
        { n: i + 1, half: 'first' },
        { n: i + 1, half: 'second' },
      ]).flat(),
    );
  }
  rmSync(directory, { recursive: true, force: true });
});
