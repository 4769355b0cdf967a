import type { Running } from './ringdown.ts';

const TOKEN = 'alert-source-0123456789';

/** An entry of `inbound:` in ringdown.yaml; its alerts are incidents of the policy. */
export const alertSource = (policy?: string) =>
  `inbound:
  - name: source
    type: generic
    token: ${TOKEN}
    ${policy ? `policy: ${policy}` : '# every channel, at once'}
    list: body.alerts
    map: { key: "{{ item.id }}", state: "{{ item.state }}", title: "{{ item.title }}", service: "{{ item.id }}", environment: production }
`;

/** Another system says that each of these fires, or is over. */
export async function tellOf(watcher: Running, state: 'firing' | 'resolved', ...ids: string[]): Promise<void> {
  const response = await fetch(`${watcher.ready.url}/api/v1/inbound/source`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ alerts: ids.map((id) => ({ id, state, title: `${id} does not answer` })) }),
  });
  if (!response.ok)
    throw new Error(
      `the alert was refused: ${response.status} ${await response.text()}\n${watcher.output.text.slice(-3_000)}`,
    );
  await response.body?.cancel();
}
