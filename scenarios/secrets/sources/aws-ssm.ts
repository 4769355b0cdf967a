import { toError } from '../../../core/errors.ts';
import type { ReadSecrets, SecretRead, SecretSource } from '../secret-source.ts';

type SsmSource = Extract<SecretSource, { readonly aws_ssm: string }>;
type Environment = Parameters<ReadSecrets<SsmSource>>[1];

/** GetParameters takes ten names. */
const MOST_NAMES = 10;

/**
 * Parameters of AWS Systems Manager, decrypted. Credentials come from where AWS's own tools take them: environment,
 * profile, container or instance role. The client is only loaded where a secret needs it.
 */
export const readSsm: ReadSecrets<SsmSource> = async (sources, env, abort) => {
  const reads = new Map<SsmSource, SecretRead>();
  const byPlace = Map.groupBy(sources, ({ region, url }) => `${regionOf(region, env) ?? ''} ${url ?? ''}`);
  await Promise.all(
    [...byPlace.values()].map(async (group) => {
      const names = [...new Set(group.map(({ aws_ssm }) => aws_ssm))];
      const found = await readFrom(group[0]!, names, env, abort);
      for (const source of group) reads.set(source, found(source.aws_ssm));
    }),
  );
  return sources.map((source) => reads.get(source)!);
};

async function readFrom(
  { region: written, url }: SsmSource,
  names: readonly string[],
  env: Environment,
  abort: AbortSignal,
): Promise<(name: string) => SecretRead> {
  const region = regionOf(written, env);
  if (!region) {
    const hint = 'write region beside aws_ssm, or set AWS_REGION';
    return (name) => ({ error: `the parameter ${name} of AWS SSM has no region`, hint });
  }
  const place = `AWS SSM in ${region}${url ? ` at ${url}` : ''}`;
  try {
    const { SSMClient, GetParametersCommand } = await import('@aws-sdk/client-ssm');
    const client = new SSMClient({ region, ...(url ? { endpoint: url } : {}), ...credentialsOf(env) });
    const values = new Map<string, string>();
    try {
      for (let from = 0; from < names.length; from += MOST_NAMES) {
        const command = new GetParametersCommand({
          Names: names.slice(from, from + MOST_NAMES),
          WithDecryption: true,
        });
        const { Parameters = [] } = await client.send(command, { abortSignal: abort });
        for (const { Name, ARN, Value } of Parameters) {
          if (Value === undefined) continue;
          // A parameter of another account is asked for by its ARN.
          for (const known of [Name, ARN]) if (known !== undefined) values.set(known, Value);
        }
      }
    } finally {
      client.destroy();
    }
    return (name) => {
      const value = values.get(name);
      if (value) return { value };
      const error = `the parameter ${name} ${value === '' ? 'is empty' : 'does not exist'} in ${place}`;
      return { error, hint: 'names are case-sensitive and begin with / where they have a path' };
    };
  } catch (thrown) {
    const { words, hint } = explain(thrown, abort);
    return (name) => ({ error: `the parameter ${name} could not be read from ${place}: ${words}`, hint });
  }
}

const regionOf = (written: string | undefined, env: Environment) =>
  written ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined);

/** Those of the given environment come first, as with AWS's own tools; without them the client looks elsewhere itself. */
function credentialsOf(env: Environment): object {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return {};
  const session = AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {};
  return { credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, ...session } };
}

function explain(thrown: unknown, abort: AbortSignal): { words: string; hint: string | null } {
  if (abort.aborted) return { words: 'it took too long', hint: 'check route, proxy and region' };
  const { name, message } = toError(thrown);
  const { code } = thrown as { code?: string };
  if (name === 'CredentialsProviderError')
    return {
      words: 'there are no AWS credentials',
      hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role',
    };
  if (name === 'AccessDeniedException')
    return { words: 'access is denied', hint: 'the role needs ssm:GetParameters, and kms:Decrypt for SecureString' };
  if (name === 'ExpiredTokenException' || name === 'UnrecognizedClientException')
    return { words: 'AWS does not accept the credentials', hint: 'are they expired, or for another account?' };
  return { words: code ? `${code}` : `${name}: ${message.split('\n', 1)[0]}`, hint: null };
}
