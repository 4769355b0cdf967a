import { fromApt } from './apt.ts';

const PACKAGES = ['prometheus', 'prometheus-alertmanager'];

/** The path of `prometheus`; its package brings `promtool` along. */
export async function install(): Promise<string> {
  return await fromApt('prometheus', PACKAGES);
}

/** The path of `promtool`, which checks and tests rules. */
export async function installPromtool(): Promise<string> {
  return await fromApt('promtool', PACKAGES);
}

/** The path of Alertmanager. */
export async function installAlertmanager(): Promise<string> {
  return await fromApt('prometheus-alertmanager', PACKAGES);
}
