import type { Backend } from '../../exporter.ts';
import { readConfig } from './config.ts';
import { Connection } from './connection.ts';
import { ElasticsearchExporter } from './exporter.ts';
import { provision } from './provision.ts';
import { ElasticsearchReader } from './reader.ts';

/** Elasticsearch 9: data streams for traces, metrics and logs, which Kibana finds by their names. */
export const backend: Backend = {
  type: 'elasticsearch',
  create(settings) {
    const config = readConfig(settings);
    return { exporter: new ElasticsearchExporter(config), reader: new ElasticsearchReader(config) };
  },
  async provision(settings, abort) {
    const config = readConfig(settings);
    const connection = new Connection(config);
    try {
      return await provision(connection, config, abort);
    } finally {
      await connection.close();
    }
  },
};
