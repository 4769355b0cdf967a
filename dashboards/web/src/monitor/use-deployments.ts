import { useMemo } from 'react';
import type { Deployment, List, Monitor } from '../../../../control/resources.ts';
import { useResource } from '../api/use-resource.ts';

const NEWEST = 100;

/** Deployments of what a monitor watches, among the newest of all services. */
export function useDeployments({ service, environment }: Pick<Monitor, 'service' | 'environment'>): Deployment[] {
  const { data } = useResource<List<Deployment>>(`/api/v1/deployments?limit=${NEWEST}`);
  return useMemo(
    () =>
      (data?.items ?? []).filter(
        (deployment) =>
          deployment.service === service && (deployment.environment === null || deployment.environment === environment),
      ),
    [data, service, environment],
  );
}
