import { installMoto } from '../../../scenarios/secrets/testing/moto.ts';

/** The path of `moto_server`, which other tests use as well. */
export async function install(): Promise<string> {
  const [, script] = installMoto(0);
  return script!;
}
