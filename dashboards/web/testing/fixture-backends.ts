import type {
  BackendStatus,
  DeadLetter,
  LedgerRow,
  ReceiverStatus,
  ReplayOutcome,
  SourceStatus,
} from '../../../control/resources.ts';

export interface FixtureBackends {
  items: BackendStatus[];
  next_cursor: null;
  receiver: ReceiverStatus;
  sources: SourceStatus[];
}

const MAPPING = 'mapper_parsing_exception: failed to parse field [user.id]';

/** Three backends: one that delivers, one that is away, one that is being tried again; and what the second refused. */
export class BackendFixture {
  readonly #now: number;
  #letters: DeadLetter[];

  constructor(now: number) {
    this.#now = now;
    const at = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
    const letter = { backend: 'elk', reason: MAPPING, signal: 'logs' as const };
    this.#letters = [
      { ...letter, id: '9412', rejected_at: at(3), count: 1_100, bytes: 412_080 },
      { ...letter, id: '8801', rejected_at: at(9), count: 100, bytes: 40_210 },
      {
        ...letter,
        id: '7020',
        rejected_at: at(2_000),
        signal: 'traces',
        reason: 'version_conflict_engine_exception',
        count: 4,
        bytes: 1_800,
      },
    ];
  }

  deadLetters(backend: string): DeadLetter[] {
    return this.#letters.filter((letter) => letter.backend === backend);
  }

  /** Conflicts are refused again, everything else is taken. */
  replay(backend: string, ids: string[] | undefined): ReplayOutcome {
    const asked = this.deadLetters(backend).filter(({ id }) => ids?.includes(id) ?? true);
    const refused = asked.filter(({ reason }) => reason.startsWith('version_conflict'));
    this.#letters = this.#letters.filter((letter) => !asked.includes(letter) || refused.includes(letter));
    const items = (letters: DeadLetter[]) => letters.reduce((sum, { count }) => sum + count, 0);
    const rejected = items(refused);
    return { replayed: asked.length, delivered: items(asked) - rejected, rejected, filtered: 0, waiting: 0 };
  }

  status(): FixtureBackends {
    const kept = this.deadLetters('elk');
    const rejected = kept.reduce((sum, { count }) => sum + count, 0);
    return {
      items: [
        {
          ...HEALTHY,
          name: 'local',
          type: 'embedded',
          delivered_bytes: 190_220_100,
          ledger: rows('local', 'embedded', 0, 0),
        },
        {
          ...HEALTHY,
          name: 'elk',
          type: 'elasticsearch',
          healthy: false,
          circuit: 'open',
          retry_at: new Date(this.#now + 3_600_000).toISOString(),
          last_error: 'connect ECONNREFUSED 10.0.0.7:9200',
          lag_seconds: 312,
          pending_bytes: 4_810_233,
          delivered_bytes: 180_003_400,
          dead_letters: { records: kept.length, bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0) },
          ledger: rows('elk', 'elasticsearch', 1_204, rejected),
          rejections: [
            { reason: MAPPING, count: 1_200 },
            { reason: 'version_conflict_engine_exception', count: 4 },
          ],
        },
        {
          ...HEALTHY,
          name: 'aws',
          type: 'cloudwatch',
          healthy: false,
          circuit: 'half_open',
          last_error: 'CloudWatch Logs asks to slow down (ThrottlingException: Rate exceeded)',
          lag_seconds: 4,
          pending_bytes: 81_000,
          ledger: [],
        },
      ],
      next_cursor: null,
      receiver: {
        otlp_requests: 21_209,
        otlp_refused: 2,
        statsd_packets: 5_112,
        statsd_malformed: 0,
        statsd_socket_drops: null,
        spool_bytes: 18_220_100,
      } as ReceiverStatus,
      sources: [
        {
          name: 'lambda',
          type: 'cloudwatch-logs',
          healthy: true,
          last_error: null,
          received: 31_020,
          fetched_up_to: new Date(this.#now - 12_000).toISOString(),
        },
        {
          name: 'billing',
          type: 'cloudwatch-logs',
          healthy: false,
          last_error: 'log group /aws/lambda/billing is not there; check its name and region eu-west-1',
          received: 0,
          fetched_up_to: null,
        },
      ],
    };
  }
}

const HEALTHY: Omit<BackendStatus, 'name' | 'type' | 'ledger'> = {
  healthy: true,
  circuit: 'closed',
  retry_at: null,
  last_error: null,
  lag_seconds: 0,
  pending_bytes: 0,
  delivered_bytes: 0,
  dead_letters: { records: 0, bytes: 0 },
  rejections: [],
};

function rows(backend: string, type: string, lost: number, rejected: number): LedgerRow[] {
  const row = (signal: LedgerRow['signal'], received: number, own: number): LedgerRow => ({
    backend,
    type,
    signal,
    received,
    delivered: received - own * 2 - (own === 0 ? 0 : rejected),
    pending: own,
    rejected: own === 0 ? 0 : rejected,
    dropped: 0,
    filtered: own,
  });
  return [row('traces', 182_204, 0), row('metrics', 20_110, 0), row('logs', 188_901, lost)];
}
