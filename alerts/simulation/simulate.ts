import type { Observation } from '../engine/observation.ts';
import type { AlertChange, MonitorState } from '../engine/state.ts';
import type { RecordedAnswers } from '../history/recorded-answers.ts';
import type { CommonInboundSettings } from '../inbound/define.ts';
import { observeAlert, tidy } from '../inbound/observe-alert.ts';
import type { Incident } from '../incident.ts';
import { GivenSignals } from './given-signals.ts';
import { observationOf } from './observation-of.ts';
import { firedBy, rulesFiredBy } from './parts.ts';
import type { Given, GivenAlert, GivenSeries, ToldEvent } from './policy-test.ts';
import type { RecordedRules } from './recorded-rules.ts';
import { RuleDriver, type RuleDriverDeps } from './rule-driver.ts';
import { SimulatedWatcher, type WatcherParts } from './simulated-watcher.ts';
import type { FiredParts, Happening, Simulation, Told } from './simulation.ts';
import { SimulationClock } from './simulation-clock.ts';
import { describeGiven } from './words.ts';

export interface SimulationSetup extends WatcherParts {
  /** Of rules and values that name none. Default: `default`. */
  environment?: string;
  /** What the config says of a source of alerts, by its name; undefined where it knows none. */
  inbound?(name: string): CommonInboundSettings | undefined;
  /** What the scenario of a monitor says, by the monitor's key; undefined where there is none. */
  monitor?(key: string): Partial<Observation> | undefined;
}

/** What happens in a simulation, and how long it lasts. */
export interface Script {
  /** Wall-clock milliseconds at 0. */
  start: number;
  /** In the order of their times. */
  given: readonly Given[];
  series: readonly GivenSeries[];
  /** When incidents are looked at. */
  looks: readonly number[];
  end_ms: number;
  /** Of a replay: what rules were answered. */
  recorded?: RecordedRules;
}

/** Timeline entries that repeat what `told` says. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(['notified', 'evidence_added', 'delivery_failed']);

/**
 * Plays a script through the real chain: rules, incidents, escalation and dispatcher, on a clock that goes from one moment
 * in which something is due to the next. What falls on the same moment happens in this order: what was due, what is
 * given, what follows from it.
 */
export async function simulate(setup: SimulationSetup, script: Script): Promise<Simulation> {
  return new Run(setup, script).play();
}

class Run {
  readonly #setup: SimulationSetup;
  readonly #script: Script;
  readonly #clock: SimulationClock;
  readonly #signals: GivenSignals;
  readonly #recorded: RecordedAnswers | null;
  readonly #watcher: SimulatedWatcher;
  readonly #told: Told[] = [];
  readonly #happenings: Happening[] = [];
  readonly #snapshots = new Map<number, readonly Incident[]>();
  readonly #problems: { at_ms: number; text: string }[] = [];
  readonly #fired: FiredParts = new Set();
  readonly #incidents = new Map<string, Incident>();
  /** What comes again, by when it comes next. */
  readonly #repeating: { next_ms: number; given: Extract<Given, { kind: 'run' }> }[] = [];
  /** Runs of this moment. */
  readonly #failed: Observation[] = [];
  #runs = 0;
  /** How often anything was done that others go on with. */
  #acts = 0;
  #rules: RuleDriver;

  constructor(setup: SimulationSetup, script: Script) {
    this.#setup = setup;
    this.#script = script;
    this.#clock = new SimulationClock(script.start);
    this.#recorded = script.recorded?.open() ?? null;
    this.#signals = new GivenSignals(script.series, this.#clock, this.#recorded);
    this.#watcher = new SimulatedWatcher(setup, this.#clock, {
      onTold: (channel, user, { event, incident }) => {
        const { id, dedup_key, title, priority, policy } = incident;
        const at_ms = this.#clock.monotonic();
        this.#told.push({
          at_ms,
          channel,
          user,
          event: event as ToldEvent,
          incident_id: id,
          dedup_key,
          title,
          priority,
          policy,
        });
        const whom = user === null ? channel : `${channel} (${user})`;
        this.#note('told', `${whom}: ${event.replace('incident.', '')} · ${title}`);
      },
      onTrouble: (channel, { event }, why) =>
        this.#note('trouble', `${channel} ${why}: ${event.replace('incident.', '')}`),
      onChange: (change) => this.#see(change),
      onIncident: (incident) => this.#incidents.set(incident.id, incident),
    });
    this.#rules = this.#createRules();
  }

  async play(): Promise<Simulation> {
    this.#start();
    await this.#clock.advanceTo(0);
    const looks = [...new Set(this.#script.looks)].sort((a, b) => a - b);
    let given = this.#recall();
    let look = 0;
    for (;;) {
      while (this.#changesNothingRecorded(this.#script.given[given])) given++;
      const next = Math.min(
        this.#script.given[given]?.at_ms ?? Number.POSITIVE_INFINITY,
        looks[look] ?? Number.POSITIVE_INFINITY,
        this.#script.end_ms,
        this.#watcher.desk ? this.#rules.next_ms : Number.POSITIVE_INFINITY,
      );
      const moment = Math.min(next, this.#nextRepeat(next));
      await this.#clock.advanceTo(moment, true);
      const acts = this.#acts;
      for (; this.#script.given[given]?.at_ms === moment; given++) this.#do(this.#script.given[given]!);
      for (const repeat of this.#repeating) if (repeat.next_ms === moment) this.#repeat(repeat);
      const wall = this.#clock.now();
      if (this.#recorded?.hasReached(wall) === false) await this.#recorded.reach(wall);
      if (this.#watcher.desk) this.#rules.evaluate();
      if (this.#acts > acts) await this.#clock.advanceTo(moment);
      for (const run of this.#failed.splice(0)) this.#cover(run);
      for (; looks[look] === moment; look++) this.#snapshots.set(moment, [...this.#incidents.values()]);
      if (moment >= this.#script.end_ms) break;
    }
    this.#watcher.kill();
    return {
      told: this.#told,
      happenings: this.#happenings,
      incidents: [...this.#incidents.values()],
      snapshots: this.#snapshots,
      problems: this.#problems,
      fired: this.#fired,
    };
  }

  /** Runs of before are nothing to the desk, but windows reach back to them. @returns where the script begins */
  #recall(): number {
    const { given } = this.#script;
    let at = 0;
    for (let one = given[at]; one && one.at_ms < 0; one = given[++at]) {
      if (one.kind === 'recorded') this.#signals.ran(one.observation(), one.at_ms);
    }
    return at;
  }

  /** When a run comes again that may change something; those that cannot are over with at once. */
  #nextRepeat(before: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const repeat of this.#repeating) {
      if (this.#changesNothing(repeat.given)) {
        const { every_ms, until_ms } = repeat.given;
        const last = Math.min(until_ms, before - 1);
        if (repeat.next_ms <= last) repeat.next_ms += every_ms! * (Math.floor((last - repeat.next_ms) / every_ms!) + 1);
      }
      if (repeat.next_ms <= repeat.given.until_ms) next = Math.min(next, repeat.next_ms);
    }
    return next;
  }

  /** A monitor that passes goes on passing: nothing is written, and nobody hears of it. */
  #changesNothing({ run }: Extract<Given, { kind: 'run' }>): boolean {
    const passes = run.status === 'passed' && run.watcher_fault === null;
    return passes && this.#goesOn(run.monitor, run.degraded ? 'degraded' : 'passing');
  }

  #changesNothingRecorded(given: Given | undefined): boolean {
    return given?.kind === 'recorded' && given.passed && this.#goesOn(given.monitor, 'passing');
  }

  #goesOn(monitor: string, as: MonitorState): boolean {
    if (this.#rules.asksAboutRuns) return false;
    const state = this.#watcher.desk?.monitorState(monitor);
    return state?.state === as && state.incident_id === null;
  }

  #repeat(repeat: { next_ms: number; given: Extract<Given, { kind: 'run' }> }): void {
    if (repeat.next_ms > repeat.given.until_ms) return;
    repeat.next_ms += repeat.given.every_ms!;
    if (this.#changesNothing(repeat.given)) return;
    this.#run(repeat.given, false);
  }

  #do(given: Given): void {
    this.#acts++;
    if (given.kind === 'run' && given.every_ms !== null) {
      this.#note('given', `${describeGiven(given)}, again and again`);
      this.#repeating.push({ next_ms: given.at_ms, given });
      return;
    }
    if (given.kind !== 'run' && given.kind !== 'recorded') this.#note('given', describeGiven(given));
    switch (given.kind) {
      case 'run':
        this.#run(given, true);
        break;
      case 'recorded':
        this.#take(given.observation());
        break;
      case 'answer':
        this.#answer(given);
        break;
      case 'alert':
        this.#alert(given.alert);
        break;
      case 'silence':
        this.#silence(given);
        break;
      case 'maintenance':
        this.#plan(given);
        break;
      case 'channel':
        this.#watcher.channel(given.name)!.fail(given.how, given.fails_ms);
        break;
      case 'database':
        this.#watcher.databaseTrouble = 'the test takes the database away';
        this.#later(given.fails_ms, () => {
          this.#watcher.databaseTrouble = null;
        });
        break;
      case 'restart':
        this.#watcher.kill();
        this.#later(given.down_ms, () => this.#start());
        break;
      case 'clock':
        this.#clock.step(given.step_ms);
        this.#rules.stir();
        break;
      case 'heartbeat':
        this.#signals.beat(given.name, given.failed);
        this.#rules.stir();
        break;
      case 'certificate':
        this.#signals.present(given.target, given.expires_in_ms);
        this.#rules.stir();
        break;
      case 'backend':
        this.#signals.ledger(given.name, given);
        this.#rules.stir();
        break;
      case 'signals':
        this.#signals.goAway(given.fails_ms);
        this.#rules.stir();
        break;
    }
  }

  #run(given: Extract<Given, { kind: 'run' }>, note: boolean): void {
    const { run } = given;
    if (!this.#watcher.desk) {
      this.#note('trouble', `${run.monitor} does not run: the watcher is down`);
      return;
    }
    if (note) this.#note('given', describeGiven(given));
    const observation = observationOf(run, this.#setup.monitor?.(run.monitor), {
      now: this.#clock.now(),
      number: ++this.#runs,
    });
    this.#take(observation);
  }

  #take(observation: Observation): void {
    this.#acts++;
    this.#signals.ran(observation);
    if (observation.failure) this.#failed.push(observation);
    if (this.#rules.asksAboutRuns) this.#rules.stir();
    this.#watcher.observe(observation);
  }

  #answer(given: Extract<Given, { kind: 'answer' }>): void {
    const { desk } = this.#watcher;
    const open = (desk?.openIncidents() ?? []).filter(
      ({ monitors }) => given.monitor === null || monitors.includes(given.monitor),
    );
    // Somebody who was told of one means that one, not those that are held back beside it.
    const ringing = open.filter(({ held }) => held === null);
    const [incident, another] = ringing.length === 1 ? ringing : open;
    if (given.if_open && open.length !== 1) return;
    if (!desk || !incident) this.#cannot(`${given.by} finds no open incident to ${given.action}`);
    else if (another) {
      this.#cannot(`${open.length} incidents are open; say which one ${given.by} means to ${given.action} by monitor:`);
    } else void desk[given.action](incident.id, { by: given.by, via: given.via });
  }

  /** A watcher that starts goes on with what the database knows, and with rules that begin their turns anew. */
  #start(): void {
    void this.#watcher.start().then(() => {
      this.#rules = this.#createRules();
      this.#rules.restore(this.#watcher.firedBefore());
    });
  }

  #createRules(): RuleDriver {
    return new RuleDriver(this.#setup.policies, {
      signals: this.#signals,
      clock: this.#clock,
      environment: this.#setup.environment ?? 'default',
      end_ms: this.#script.end_ms,
      ...this.#heard(),
      waiting: (monitor) => (this.#watcher.desk?.monitorState(monitor)?.incident_id ?? null) !== null,
      observe: (observation) => {
        this.#acts++;
        this.#watcher.observe(observation);
      },
      retired: (monitors) => {
        this.#acts++;
        void this.#watcher.desk?.letGo(monitors);
      },
    });
  }

  /** A watcher that was started meanwhile has listened since then. */
  #heard(): Pick<RuleDriverDeps, 'recorded' | 'listening_since'> {
    const { recorded } = this.#script;
    if (!recorded) return {};
    const { listening_since_ms, restarts } = recorded;
    const before = listening_since_ms !== undefined && !(restarts[0]! <= this.#clock.monotonic());
    return { recorded, ...(before ? { listening_since: listening_since_ms } : {}) };
  }

  #alert(alert: GivenAlert): void {
    const { source, policy, ...said } = alert;
    const now = this.#clock.now();
    const at = new Date(now).toISOString();
    const settings = { name: source, type: 'generic', ...(policy === null ? {} : { policy }) };
    const whole = tidy({ ...said, text: null, url: null, runbook: null, at });
    this.#watcher.observe(observeAlert({ ...settings, ...this.#setup.inbound?.(source) }, whole, at, now));
  }

  #silence({ matchers, for_ms, by, reason }: Extract<Given, { kind: 'silence' }>): void {
    const span = this.#span(for_ms);
    const { desk } = this.#watcher;
    if (!desk) this.#cannot(`${by} cannot silence: the watcher is down`);
    else void desk.silence({ matchers, ...span, reason }, { by, via: 'web' });
  }

  #plan({ name, matchers, for_ms }: Extract<Given, { kind: 'maintenance' }>): void {
    const schedule = this.#span(for_ms);
    const { desk } = this.#watcher;
    if (!desk) this.#cannot(`${name} cannot be planned: the watcher is down`);
    else void desk.planMaintenance({ name, matchers, schedule }, { by: 'the test', via: 'api' });
  }

  #span(lastsMs: number): { starts_at: string; ends_at: string } {
    const now = this.#clock.now();
    return { starts_at: new Date(now).toISOString(), ends_at: new Date(now + lastsMs).toISOString() };
  }

  #cannot(text: string): void {
    this.#problems.push({ at_ms: this.#clock.monotonic(), text });
    this.#note('trouble', text);
  }

  #later(ms: number, act: () => void): void {
    void this.#clock.timer(ms).then(act);
  }

  #see(change: AlertChange): void {
    for (const event of change.events) {
      if (!SAID_ELSEWHERE.has(event.kind)) this.#note('incident', `${event.kind}: ${event.message}`);
    }
    for (const part of firedBy(change, this.#setup.policies, this.#incidents)) this.#fired.add(part);
  }

  /** Notes the rules by which a failed run rings. */
  #cover(run: Observation): void {
    const monitor = this.#watcher.desk?.monitorState(run.monitor);
    const incident = monitor?.incident_id ? this.#incidents.get(monitor.incident_id) : undefined;
    const policy = this.#setup.policies.find(({ id }) => id === incident?.policy);
    if (monitor && policy) for (const part of rulesFiredBy(run, monitor.locations, policy)) this.#fired.add(part);
  }

  #note(kind: Happening['kind'], text: string): void {
    this.#happenings.push({ at_ms: this.#clock.monotonic(), kind, text });
  }
}
