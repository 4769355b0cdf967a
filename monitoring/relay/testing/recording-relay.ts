import { serveRelay } from '../serve.ts';
import { recordingBackend } from './recording-backend.ts';
import { tickingSource } from './ticking-source.ts';

/** For tests: a relay process whose only backend type records what it is given, and whose only source type makes logs. */
serveRelay({ loadBackend: async () => recordingBackend, loadSource: async () => tickingSource });
