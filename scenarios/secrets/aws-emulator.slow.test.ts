import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { createSecretProvider, type SecretSource } from './create-secret-provider.ts';
import { type Emulator, startMoto } from './testing/moto.ts';

/** Against moto, an emulator of AWS: nobody's AWS account is asked. */
const env = { AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing', AWS_REGION: 'eu-west-1' };
const never = new AbortController().signal;

let moto: Emulator;
let client: SSMClient;
beforeAll(async () => {
  moto = await startMoto();
  const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
  client = new SSMClient({ region: env.AWS_REGION, endpoint: moto.url, credentials });
});
afterAll(async () => {
  client.destroy();
  await moto.stop();
});

const put = (Name: string, Value: string, Type: 'String' | 'SecureString' = 'SecureString') =>
  client.send(new PutParameterCommand({ Name, Value, Type, Overwrite: true }));

test('parameters of an emulated AWS SSM are read and decrypted, those that are not there are named', async () => {
  const sources: Record<string, SecretSource> = { ABSENT: { aws_ssm: '/ringdown/absent', url: moto.url } };
  for (let index = 0; index < 13; index++) {
    await put(`/ringdown/secret-${index}`, `value ${index} "ü" {{ x }}`, index % 2 ? 'String' : 'SecureString');
    sources[`S${index}`] = { aws_ssm: `/ringdown/secret-${index}`, url: moto.url };
  }
  const { values, problems } = await createSecretProvider(sources, { clock: systemClock, env }).values(
    Object.keys(sources),
    never,
  );
  expect(Object.keys(values)).toHaveLength(13);
  expect(values).toMatchObject({ S0: 'value 0 "ü" {{ x }}', S12: 'value 12 "ü" {{ x }}' });
  expect(problems).toEqual([
    {
      name: 'ABSENT',
      message: `secret ABSENT: the parameter /ringdown/absent does not exist in AWS SSM in eu-west-1 at ${moto.url}`,
      hint: expect.any(String),
    },
  ]);
});
