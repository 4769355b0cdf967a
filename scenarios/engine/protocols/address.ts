import type { SpecProblem } from '../assertions/assertion.ts';
import { targetAt } from './connect.ts';

/** Whether a written text is `host:port`; what holds a template is seen at run time. */
export function checkAddress(written: unknown, path: (string | number)[], examplePort: number): SpecProblem[] {
  if (typeof written !== 'string' || written === '' || written.includes('{{')) return [];
  const hint = `for example: example.com:${examplePort}`;
  if (written.includes('://'))
    return [{ path, part: 'value', message: 'an address has no scheme: host and port are enough', hint }];
  if (!/:\d{1,5}$/.test(written))
    return [{ path, part: 'value', message: `the port is missing in "${written}"`, hint }];
  if (targetAt('tcp', written)) return [];
  return [{ path, part: 'value', message: `"${written}" is no address`, hint }];
}
