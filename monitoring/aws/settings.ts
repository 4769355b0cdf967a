import { Type } from 'typebox';
import { readAuthorities } from '../http/authorities.ts';
import type { AwsAccess } from './client.ts';

/** Keys of ringdown.yaml that say how AWS is reached. */
export const accessProperties = {
  region: Type.String({
    pattern: '^[a-z]{2}(-[a-z]+)+-\\d$',
    'x-expected': 'a region such as eu-west-1',
    description: 'Region of the log groups and metrics.',
    examples: ['eu-west-1'],
  }),
  url: Type.Optional(
    Type.String({
      pattern: '^https?://.+',
      'x-expected': 'an http or https URL',
      description: "Endpoint to use instead of the region's own: a VPC endpoint, or an emulator.",
      examples: ['http://127.0.0.1:5000'],
    }),
  ),
  access_key_id: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'With secret_access_key; without both, the usual places: environment, shared files, the machine.',
      examples: ['${AWS_ACCESS_KEY_ID}'],
    }),
  ),
  secret_access_key: Type.Optional(
    Type.String({ minLength: 1, description: 'Of access_key_id.', examples: ['${AWS_SECRET_ACCESS_KEY}'] }),
  ),
  session_token: Type.Optional(
    Type.String({ minLength: 1, description: 'Of temporary credentials.', examples: ['${AWS_SESSION_TOKEN}'] }),
  ),
  ca_file: Type.Optional(
    Type.String({
      minLength: 1,
      description: "PEM file of the authorities to trust instead of the system's.",
      examples: ['/etc/ssl/private-ca.pem'],
    }),
  ),
};

/** Reads them; what is wrong is added to `wrong`, one sentence each, without the secrets. */
export function readAccess(settings: Record<string, unknown>, wrong: string[]): AwsAccess {
  const text = (key: string): string | undefined => {
    const value = settings[key];
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value !== '') return value;
    wrong.push(`${key} is not a text`);
    return undefined;
  };
  const region = text('region');
  if (region === undefined) wrong.push('region is missing: say which, such as eu-west-1');
  const url = text('url');
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) wrong.push('url is not an http(s) URL');
  const accessKeyId = text('access_key_id');
  const secretAccessKey = text('secret_access_key');
  const sessionToken = text('session_token');
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    wrong.push('access_key_id and secret_access_key go together');
  }
  const ca = readAuthorities(text('ca_file'), wrong);
  return {
    region: region ?? '',
    ...(url === undefined ? {} : { url }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : {
          credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
        }),
    ...(ca === undefined ? {} : { ca }),
  };
}
