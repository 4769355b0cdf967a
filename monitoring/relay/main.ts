import { loadBackend } from '../backends/registry.ts';
import { loadSource } from '../sources/registry.ts';
import { serveRelay } from './serve.ts';

serveRelay({ loadBackend, loadSource });
