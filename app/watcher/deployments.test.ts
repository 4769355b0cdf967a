import { expect, test } from '@jest/globals';
import type { DeploymentStore } from '../../alerts/alert-store.ts';
import type { Deployment } from '../../alerts/incident.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import type { Reader } from '../../monitoring/reader.ts';
import type { ServiceVersion } from '../../monitoring/telemetry.ts';
import { Deployments } from './deployments.ts';

async function watching(versions: ServiceVersion[]) {
  const clock = new VirtualClock();
  const stored: Deployment[] = [];
  const store: DeploymentStore = {
    add: async (deployment) => void stored.push(deployment),
    latest: async () => null,
    list: async () => ({ items: [], next_cursor: null }),
    prune: async () => 0,
  };
  const troubles: Error[] = [];
  const deployments = new Deployments({
    clock,
    store,
    reader: { ask: (async () => versions) as Reader['ask'] },
    onTrouble: (error) => troubles.push(error),
  });
  await deployments.start();
  return { clock, deployments, stored, troubles };
}

const seen = (service: string, version: string, first_seen: string): ServiceVersion => ({
  service,
  version,
  first_seen,
});

test('a version seen for the first time is a deployment, once; the first of a service is not', async () => {
  const versions = [seen('shop', '4.11', '2025-12-01T00:00:00Z')];
  const { clock, deployments, stored } = await watching(versions);
  await clock.advance(20_000);
  expect(deployments.latest('shop', 'production')).toBeNull();

  versions.push(seen('shop', '4.12', '2026-01-01T00:00:10Z'));
  await clock.advance(60_000);
  expect(stored).toHaveLength(1);
  expect(deployments.latest('shop', 'production')).toMatchObject({
    version: '4.12',
    source: 'telemetry',
    deployed_at: '2026-01-01T00:00:10.000Z',
  });
  await deployments.shutdown();
});

test('a posted deployment counts for its environment, and is not told again by telemetry', async () => {
  const versions = [seen('shop', '1', '2025-12-01T00:00:00Z')];
  const { clock, deployments, stored } = await watching(versions);
  await deployments.record({
    service: 'shop',
    environment: 'production',
    version: '2',
    deployed_at: '2026-01-01T00:00:00.000Z',
    description: null,
  });
  versions.push(seen('shop', '2', '2026-01-01T00:00:05Z'));
  await clock.advance(60_000);
  expect(stored).toHaveLength(1);
  expect(deployments.latest('shop', 'production')?.version).toBe('2');
  expect(deployments.latest('shop', 'staging')).toBeNull();
  await deployments.shutdown();
});
