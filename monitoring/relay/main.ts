import { loadBackend } from '../backends/registry.ts';
import { serveRelay } from './serve.ts';

serveRelay(loadBackend);
