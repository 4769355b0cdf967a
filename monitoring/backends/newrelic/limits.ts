/** What New Relic's OTLP endpoint takes. */
export const LIMITS = {
  /**
   * Of one request, as it is sent. Requests are filled up to this before compression, so that none depends on how well it
   * compresses.
   * @see https://docs.newrelic.com/docs/more-integrations/open-source-telemetry-integrations/opentelemetry/best-practices/opentelemetry-best-practices-compression/
   */
  requestBytes: 1_000_000,
  /**
   * Characters, characters, entries of an array.
   * @see https://docs.newrelic.com/docs/more-integrations/open-source-telemetry-integrations/opentelemetry/best-practices/opentelemetry-best-practices-attributes/
   */
  attributeName: 255,
  attributeValue: 4_095,
  arrayEntries: 64,
  /** @see https://docs.newrelic.com/docs/insights/insights-data-sources/custom-data/data-requirements/ */
  attributesPerItem: 254,
} as const;
