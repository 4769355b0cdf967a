import { fromApt } from './apt.ts';

const PACKAGES = ['mariadb-server', 'mariadb-client'];

/** The path of `mariadbd`. */
export async function install(): Promise<string> {
  return await fromApt('mariadbd', PACKAGES);
}

/** The path of the script that makes an empty database folder. */
export async function installInitializer(): Promise<string> {
  return await fromApt('mariadb-install-db', PACKAGES);
}
