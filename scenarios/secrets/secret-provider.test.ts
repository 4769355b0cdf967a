import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { createSecretProvider, type SecretProblem, type SecretSource } from './create-secret-provider.ts';
import { answer, type SsmStandIn, startSsmStandIn } from './testing/ssm-stand-in.ts';

const never = new AbortController().signal;
const MINUTE = 60_000;

let folder: string;
let ssm: SsmStandIn;
let clock: VirtualClock;
let env: Record<string, string | undefined>;
let told: SecretProblem[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-secrets-'));
  ssm = await startSsmStandIn();
  clock = new VirtualClock();
  env = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example-key' };
  told = [];
});
afterEach(() => {
  ssm.close();
  rmSync(folder, { recursive: true });
});

const provider = (sources: Record<string, SecretSource>) =>
  createSecretProvider(sources, { clock, env, onProblem: (problem) => told.push(problem) });

describe('a secret comes', () => {
  test('from the environment variable of its name, or of another', async () => {
    Object.assign(env, { PLAIN: 'one', SHOP_OTHER: 'two' });
    const { values, problems } = await provider({ OTHER: { env: 'SHOP_OTHER' } }).values(['PLAIN', 'OTHER'], never);
    expect({ values, problems }).toEqual({ values: { PLAIN: 'one', OTHER: 'two' }, problems: [] });
  });

  test('from a file, without the line break at its end', async () => {
    writeFileSync(join(folder, 'token'), ' spaces stay \n');
    const { values } = await provider({ TOKEN: { file: join(folder, 'token') } }).values(['TOKEN'], never);
    expect(values).toEqual({ TOKEN: ' spaces stay ' });
  });

  test('from AWS SSM, decrypted, ten in one question and one question for each place', async () => {
    const sources: Record<string, SecretSource> = {};
    for (let index = 0; index < 12; index++) {
      ssm.parameters.set(`/ringdown/${index}`, `value ${index}`);
      sources[`S${index}`] = { aws_ssm: `/ringdown/${index}`, region: 'eu-west-1', url: ssm.url };
    }
    sources.AGAIN = { aws_ssm: '/ringdown/0', region: 'eu-west-1', url: ssm.url };
    const { values, problems } = await provider(sources).values(Object.keys(sources), never);
    expect(problems).toEqual([]);
    expect(values).toMatchObject({ S0: 'value 0', S11: 'value 11', AGAIN: 'value 0' });
    expect(ssm.asked.map(({ names }) => names.length)).toEqual([10, 2]);
    expect(ssm.asked[0]).toMatchObject({ target: 'AmazonSSM.GetParameters', decrypted: true });
    expect(ssm.asked[0]!.authorization).toMatch(/Credential=AKIDEXAMPLE\/\d+\/eu-west-1\/ssm\/aws4_request/);
  });
});

describe('what is wrong is told with name and place', () => {
  test.each<[string, SecretSource, RegExp]>([
    ['an absent variable', { env: 'SHOP_A' }, /^secret A: the environment variable SHOP_A is not set$/],
    ['an empty variable', { env: 'EMPTY' }, /^secret A: the environment variable EMPTY is empty$/],
    ['an absent file', { file: '/nowhere/token' }, /^secret A: the file \/nowhere\/token does not exist$/],
    ['a folder', { file: tmpdir() }, /^secret A: \S+ is a folder$/],
    ['a device without end', { file: '/dev/zero' }, /^secret A: \/dev\/zero is no file$/],
  ])('%s', async (_what, source, words) => {
    env.EMPTY = '';
    const { values, problems } = await provider({ A: source }).values(['A'], never);
    expect(values).toEqual({});
    expect(problems).toEqual([{ name: 'A', message: expect.stringMatching(words), hint: problems[0]!.hint }]);
  });

  test('a parameter that is not there, beside one that is', async () => {
    ssm.parameters.set('/there', 'x1');
    const place = { region: 'us-east-1', url: ssm.url };
    const { values, problems } = await provider({
      A: { aws_ssm: '/There', ...place },
      B: { aws_ssm: '/there', ...place },
    }).values(['A', 'B'], never);
    expect(values).toEqual({ B: 'x1' });
    expect(problems.map(({ message }) => message)).toEqual([
      `secret A: the parameter /There does not exist in AWS SSM in us-east-1 at ${ssm.url}`,
    ]);
  });

  test('a region that nobody names', async () => {
    const { problems } = await provider({ A: { aws_ssm: '/a', url: ssm.url } }).values(['A'], never);
    expect(problems[0]).toMatchObject({ message: expect.stringContaining('has no region'), hint: expect.any(String) });
  });

  test.each([
    ['AccessDeniedException', 400, 'access is denied'],
    ['UnrecognizedClientException', 400, 'AWS does not accept the credentials'],
    ['SomethingNew', 400, 'SomethingNew: words of AWS'],
  ])('%s', async (__type, status, words) => {
    ssm.misbehave = (response) => answer(response, status, { __type, message: 'words of AWS' });
    const { problems } = await provider({ A: { aws_ssm: '/a', region: 'x', url: ssm.url } }).values(['A'], never);
    expect(problems[0]!.message).toContain(words);
  });

  test('a place that does not answer, after ten seconds', async () => {
    let asked = () => {};
    const question = new Promise<void>((resolve) => {
      asked = resolve;
    });
    ssm.misbehave = () => asked();
    const values = provider({ A: { aws_ssm: '/a', region: 'x', url: ssm.url } }).values(['A'], never);
    await question;
    await clock.advance(10_000);
    expect((await values).problems[0]!.message).toContain('it took too long');
  });

  test('whoever stops waiting is told so', async () => {
    const stop = new AbortController();
    ssm.misbehave = () => stop.abort();
    const { problems } = await provider({ A: { aws_ssm: '/a', region: 'x', url: ssm.url } }).values(['A'], stop.signal);
    expect(problems[0]!.message).toBe('secret A: reading it was stopped');
    await clock.advance(10_000);
  });
});

describe('a value is read again', () => {
  const file = () => join(folder, 'token');

  test('after five minutes, and soon after a run that failed', async () => {
    writeFileSync(file(), 'old');
    const secrets = provider({ A: { file: file() } });
    const now = async () => (await secrets.values(['A'], never)).values.A;
    expect(await now()).toBe('old');
    writeFileSync(file(), 'new');
    await clock.advance(5 * MINUTE - 1);
    expect(await now()).toBe('old');
    await clock.advance(1);
    expect(await now()).toBe('new');

    writeFileSync(file(), 'newer');
    secrets.suspect(['A']);
    expect(await now()).toBe('new');
    await clock.advance(10_000);
    expect(await now()).toBe('newer');
  });

  test('and kept where it cannot be, which is told', async () => {
    ssm.parameters.set('/a', 'known');
    const secrets = provider({ A: { aws_ssm: '/a', region: 'x', url: ssm.url } });
    await secrets.values(['A'], never);
    ssm.misbehave = (response) => answer(response, 400, { __type: 'AccessDeniedException' });
    await clock.advance(5 * MINUTE);
    expect(await secrets.values(['A'], never)).toEqual({ values: { A: 'known' }, problems: [] });
    expect(told).toEqual([
      { name: 'A', message: expect.stringContaining('access is denied'), hint: expect.any(String) },
    ]);
    ssm.misbehave = null;
    ssm.parameters.set('/a', 'changed');
    expect((await secrets.values(['A'], never)).values.A).toBe('changed');
  });

  test('once for all who ask at the same time', async () => {
    ssm.parameters.set('/a', 'x1');
    const secrets = provider({ A: { aws_ssm: '/a', region: 'x', url: ssm.url } });
    await Promise.all(Array.from({ length: 20 }, () => secrets.values(['A'], never)));
    expect(ssm.asked).toHaveLength(1);
  });
});
