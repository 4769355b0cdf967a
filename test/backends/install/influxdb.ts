import { fromApt } from './apt.ts';

/** The path of `influxd` 1.x: TICKscript and Chronograf need that line. */
export async function install(): Promise<string> {
  return await fromApt('influxd', ['influxdb', 'influxdb-client']);
}
