export { OtlpEndpoint, type OtlpEndpointOptions } from './endpoint.ts';
export { OtlpHttpExporter, type OtlpHttpExporterOptions } from './exporter.ts';
export { asItCame, type Convert, type Converted, plainConversion, statsdAsMetrics } from './payloads.ts';
