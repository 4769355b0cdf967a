import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { DataDirectory } from '../data-directory.ts';
import { breakRoute } from './demo.ts';

test('without a token it is the token that is missing, not the API', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-demo-'));
  const before = process.env.RINGDOWN_TOKEN;
  delete process.env.RINGDOWN_TOKEN;
  try {
    writeFileSync(
      join(folder, 'ready.json'),
      JSON.stringify({ url: 'http://127.0.0.1:9', api_url: 'http://127.0.0.1:9' }),
    );
    await expect(breakRoute(new DataDirectory(folder), 'posts', {})).rejects.toMatchObject({ code: 'NO_TOKEN' });
  } finally {
    if (before !== undefined) process.env.RINGDOWN_TOKEN = before;
    rmSync(folder, { recursive: true, force: true });
  }
});
