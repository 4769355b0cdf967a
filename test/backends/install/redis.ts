import { fromApt } from './apt.ts';

/** The path of `redis-server`. */
export async function install(): Promise<string> {
  return await fromApt('redis-server', ['redis-server']);
}
