import type { Clock } from '../../../core/clock.ts';
import { EXIT, RingdownError } from '../../../core/errors.ts';
import type { ReceiverStatus } from '../../telemetry.ts';
import type { NewRecord } from '../spool/record.ts';
import { CardinalityGuard } from './cardinality.ts';
import { OtlpGrpc } from './otlp-grpc.ts';
import { OtlpHttp } from './otlp-http.ts';
import { OtlpIntake } from './otlp-intake.ts';
import { StatsdIntake } from './statsd-intake.ts';
import { StatsdStream } from './statsd-stream.ts';
import { StatsdUdp } from './statsd-udp.ts';

export interface ReceiversOptions {
  host: string;
  /** 0 means any free port, as with the others. */
  otlpPort: number;
  /** Absent means no OTLP over gRPC. */
  otlpGrpcPort: number | undefined;
  /** Of UDP and TCP alike. */
  statsdPort: number;
  /** Path of a unix stream socket for StatsD, where one is wanted. */
  statsdSocket: string | undefined;
  /** Required of OTLP where given; StatsD knows no token. */
  otlpToken: string | undefined;
  maxBodyBytes: number;
  maxTagSets: number;
  clock: Clock;
  /** Resolves once the record is durable. */
  append(record: NewRecord): Promise<void>;
  log(level: 'warn' | 'error', message: string): void;
}

export interface Ports {
  otlpPort: number;
  otlpGrpcPort: number | undefined;
  statsdPort: number;
}

const SAME_PORT_ATTEMPTS = 20;

/** Everything that telemetry comes in by. */
export class Receivers {
  readonly #options: ReceiversOptions;
  readonly #cardinality: CardinalityGuard;
  readonly #otlp: OtlpIntake;
  readonly #statsd: StatsdIntake;
  readonly #http: OtlpHttp;
  readonly #grpc: OtlpGrpc | undefined;
  #udp: StatsdUdp | undefined;
  #tcp: StatsdStream | undefined;
  #unix: StatsdStream | undefined;

  constructor(options: ReceiversOptions) {
    const { host, otlpToken: token, maxBodyBytes, maxTagSets, clock, append, log } = options;
    const cardinality = new CardinalityGuard({ clock, maxTagSets });
    const intake = new OtlpIntake({ token, maxBodyBytes, cardinality, now: () => clock.now(), append, log });
    this.#options = options;
    this.#cardinality = cardinality;
    this.#otlp = intake;
    this.#statsd = new StatsdIntake({ clock, cardinality, append, log });
    this.#http = new OtlpHttp({ host, port: options.otlpPort, intake });
    if (options.otlpGrpcPort !== undefined) this.#grpc = new OtlpGrpc({ host, port: options.otlpGrpcPort, intake });
  }

  /** @throws RingdownError `PORT_IN_USE`, `PORT_FORBIDDEN`, `STATSD_SOCKET_IN_USE`, `STATSD_SOCKET_FAILED` */
  async listen(): Promise<Ports> {
    const { host, otlpPort, otlpGrpcPort = 0, statsdPort, statsdSocket: path, log } = this.#options;
    const ports: Ports = {
      otlpPort: await bound('OTLP', '--otlp-port', host, otlpPort, this.#http.listen()),
      otlpGrpcPort:
        this.#grpc && (await bound('OTLP/gRPC', '--otlp-grpc-port', host, otlpGrpcPort, this.#grpc.listen())),
      statsdPort: await bound('StatsD', '--statsd-port', host, statsdPort, this.#listenForStatsd()),
    };
    if (path !== undefined) {
      this.#unix = new StatsdStream({ at: { path }, intake: this.#statsd, log });
      await this.#unix.listen();
    }
    return ports;
  }

  /** UDP and TCP on one port. Which port is free for both shows only by trying. */
  async #listenForStatsd(): Promise<number> {
    const { host, statsdPort, log } = this.#options;
    const intake = this.#statsd;
    for (let attempt = 1; ; attempt++) {
      this.#udp = new StatsdUdp({ host, port: statsdPort, intake, log });
      const port = await this.#udp.listen();
      this.#tcp = new StatsdStream({ at: { host, port }, intake, log });
      try {
        return await this.#tcp.listen();
      } catch (error) {
        const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
        if (!isTaken || statsdPort !== 0 || attempt === SAME_PORT_ATTEMPTS) throw error;
        await this.#udp.close();
      }
    }
  }

  async status(): Promise<Omit<ReceiverStatus, 'spool_bytes'>> {
    return {
      otlp_requests: this.#otlp.requests,
      otlp_refused: this.#otlp.refused,
      statsd_packets: this.#udp?.packets ?? 0,
      statsd_connections: (this.#tcp?.connections ?? 0) + (this.#unix?.connections ?? 0),
      statsd_malformed: this.#statsd.malformed,
      statsd_lost: this.#statsd.lost,
      statsd_socket_drops: (await this.#udp?.socketDrops()) ?? null,
      overflowed: this.#cardinality.overflowed,
      overflowing: this.#cardinality.worst(),
    };
  }

  /** Takes no more, writes what was taken, waits for requests under way until `abort` fires. */
  async close(abort: AbortSignal): Promise<void> {
    const statsd = async () => {
      await Promise.all([this.#udp?.close(), this.#tcp?.close(), this.#unix?.close()]);
      await this.#statsd.close();
    };
    await Promise.all([this.#http.close(abort), this.#grpc?.close(abort), statsd()]);
  }
}

async function bound(
  what: string,
  flag: string,
  host: string,
  port: number,
  listening: Promise<number>,
): Promise<number> {
  try {
    return await listening;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    throw new RingdownError(
      code === 'EACCES' ? 'PORT_FORBIDDEN' : 'PORT_IN_USE',
      `${what}: port ${port} on ${host} ${code === 'EACCES' ? 'may not be opened' : 'is in use'}`,
      { hint: `free it, or choose another with ${flag}`, exitCode: EXIT.usage, cause: error },
    );
  }
}
