import type { ComingStep, Forecast } from '../engine/forecast.ts';
import type { Observation } from '../engine/observation.ts';
import type { Incident } from '../incident.ts';
import type { MaintenanceWindow, NewMaintenanceWindow, NewSilence, Silence } from '../silences/silence.ts';

/** What one stage of the chain said of an incident: `ringdown alerts explain` prints these in order. */
export interface StageWord {
  stage:
    | 'evaluate'
    | 'group'
    | 'inhibit'
    | 'dependency'
    | 'silence'
    | 'maintenance'
    | 'quiet_hours'
    | 'escalate'
    | 'deliver';
  at: string;
  verdict: 'passed' | 'held' | 'released' | 'told' | 'nobody';
  /** One sentence. */
  why: string;
}

/** Who answers, and from where: shown as `kim, by phone`. */
export interface Answerer {
  /** A person's name. */
  by: string;
  /** `web`, `api` or the name of a channel. */
  via: string;
}

/**
 * What people do to incidents, from wherever they do it. Each resolves when it is on disk, or safe in memory, with the
 * incident as it is then, or null when no open incident has this id.
 */
export interface PeopleDesk {
  acknowledge(id: string, who: Answerer): Promise<Incident | null>;
  /** Ends the incident though monitors may fail on: those stay quiet until they pass, or fail for another cause. */
  resolve(id: string, who: Answerer): Promise<Incident | null>;
  /** Carries the next escalation step out now. */
  escalate(id: string, who: Answerer): Promise<Incident | null>;
  note(id: string, text: string, who: Answerer): Promise<Incident | null>;
  /** @param to null lets go */
  assign(id: string, to: string | null, who: Answerer): Promise<Incident | null>;
  /** `id` ends and its members move into the other. Null also when the other is not open, or the same. */
  merge(id: string, into: string, who: Answerer): Promise<Incident | null>;
  /** Of an incident that is still known; undefined for those long resolved. */
  explain(id: string): readonly StageWord[] | undefined;
  /** Who will be told of an open incident, and when, if nobody answers; undefined where none has this id. */
  coming(id: string): readonly ComingStep[] | undefined;
  /** What would follow if this were observed now. Changes nothing. */
  forecast(observation: Observation): Forecast;

  /** Those that stand or will; ended ones stay listed for a day. */
  silences(): readonly Silence[];
  silence(entry: NewSilence, who: Answerer): Promise<Silence>;
  /** Silences what holds this incident open, for so long: matchers of its service, environment, policy and monitors. */
  silenceIncident(id: string, forMs: number, who: Answerer): Promise<Silence | null>;
  /** Ends it now. Null when there is no such silence. */
  endSilence(id: string, who: Answerer): Promise<Silence | null>;
  maintenanceWindows(): readonly MaintenanceWindow[];
  planMaintenance(entry: NewMaintenanceWindow, who: Answerer): Promise<MaintenanceWindow>;
  /** False when there is none of that id, or it comes from the config. */
  cancelMaintenance(id: string, who: Answerer): Promise<boolean>;
}
