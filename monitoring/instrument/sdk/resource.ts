import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { detectResources, envDetector, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { Settings } from '../settings.ts';
import { VERSION } from '../version.ts';

/** Where everything comes from: OTEL_RESOURCE_ATTRIBUTES under what the options say. */
export function describeResource(settings: Settings): Resource {
  const ambient = resourceFromAttributes({
    'service.instance.id': randomUUID(),
    'host.name': hostname(),
    'process.pid': process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.distro.name': 'ringdown-instrument',
    'telemetry.distro.version': VERSION,
  });
  const environment = detectResources({ detectors: [envDetector] });
  const named = environment.attributes['service.name'];
  const own = resourceFromAttributes({
    'service.name': settings.serviceName ?? (typeof named === 'string' ? named : 'unknown_service:node'),
    ...(settings.serviceVersion && { 'service.version': settings.serviceVersion }),
    ...(settings.environment && { 'deployment.environment.name': settings.environment }),
  });
  return ambient.merge(environment).merge(own);
}
