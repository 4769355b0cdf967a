import { expect, test } from '@jest/globals';
import { Compile } from 'typebox/compile';
import { findLoop, loadSource, sourceSchema, sourceTypes } from './registry.ts';

const source = {
  name: 'aws',
  type: 'cloudwatch-logs',
  dataDir: 'data/aws',
  region: 'eu-west-1',
  log_group: '/ringdown/shop/prod',
};
const backend = { name: 'cw', type: 'cloudwatch', dataDir: 'data/cw', region: 'eu-west-1' };

test('every source is found by the name of its folder, and refuses what is wrong all at once', async () => {
  expect(sourceTypes()).toEqual(['cloudwatch-logs']);
  for (const type of sourceTypes()) expect((await loadSource(type)).type).toBe(type);
  await expect(loadSource('kafka')).rejects.toMatchObject({
    code: 'UNKNOWN_SOURCE',
    hint: 'known types: cloudwatch-logs',
  });
  const { create } = await loadSource('cloudwatch-logs');
  const wrong = { name: 'aws', type: 'cloudwatch-logs', dataDir: 'data/aws', every: 'often', colour: 'red' };
  expect(() => create(wrong, {} as never)).toThrow(
    /region is missing.*log_group.*every: "often".*unknown key "colour"/,
  );
});

test('the schema knows an entry of ringdown.yaml', async () => {
  const check = Compile(await sourceSchema());
  const { dataDir: _, ...entry } = source;
  expect(check.Check({ ...entry, every: '30s' })).toBe(true);
  expect(check.Check({ ...entry, evry: '30s' })).toBe(false);
});

test('a source that would fetch what a backend writes is refused, another is not', async () => {
  expect(await findLoop(source, [backend])).toContain('source "aws" would fetch what backend "cw" writes');
  expect(await findLoop(source, [{ ...backend, log_group: '/ringdown/shop/prod' }])).toBeDefined();
  expect(
    await findLoop(source, [
      { ...backend, region: 'us-east-1' },
      { ...backend, type: 'elasticsearch' },
    ]),
  ).toBeUndefined();
  expect(await findLoop({ ...source, log_group: '/aws/lambda/shop' }, [backend])).toBeUndefined();
});
