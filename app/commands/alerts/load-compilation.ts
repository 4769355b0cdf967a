import { existsSync, readFileSync } from 'node:fs';
import { type Compilation, compilePolicies, type PolicySource } from '../../../alerts/compilers/compile.ts';
import type { CompileContext, Compiler } from '../../../alerts/compilers/compiler.ts';
import { readMetrics } from '../../../alerts/compilers/metrics-file.ts';
import { loadCompilers } from '../../../alerts/compilers/registry.ts';
import { readDocument, suggestion } from '../../../core/document/index.ts';
import { EXIT, RingdownError } from '../../../core/errors.ts';
import { loadEntrySchemas } from '../../config/entry-schemas.ts';
import { loadPolicies } from '../../config/files.ts';
import { type Config, DEFAULT_CONFIG_FILE, loadConfig } from '../../config/load.ts';
import { namedFiles } from '../../config/named-files.ts';
import { namesForPolicies } from '../../config/references.ts';
import { withPlaceholders } from '../../config/substitute.ts';
import { InvalidFiles } from '../../invalid-files.ts';

export interface CompilationOptions {
  /** Policy files, folders and patterns; none: those of the config. */
  files: string[];
  config: string | undefined;
  target: string;
  /** What comes near only will do. */
  approximate: boolean;
  /** `key=value` of the target's settings. */
  settings: readonly string[];
  /** A file that tells types and units of metrics. */
  metrics: string | undefined;
}

export interface LoadedCompilation {
  compiler: Compiler;
  context: CompileContext;
  compilation: Compilation;
  texts: Map<string, string>;
}

/** @throws InvalidFiles, RingdownError (usage) */
export async function loadCompilation(options: CompilationOptions): Promise<LoadedCompilation> {
  const compilers = await loadCompilers();
  const compiler = compilers.get(options.target);
  if (!compiler) {
    const names = [...compilers.keys()];
    throw usage(
      `there is no target "${options.target}"`,
      suggestion(options.target, names) ?? `there are: ${names.join(', ')}`,
    );
  }
  const { schemas } = await loadEntrySchemas();
  // No compiled file holds a secret, so none is needed.
  const { value: config, diagnostics, texts } = loadConfig(options.config, schemas, withPlaceholders({}));
  if (diagnostics.length > 0) throw new InvalidFiles(diagnostics, texts);
  const files = options.files.length > 0 ? namedFiles(options.files, ['policy']) : config.policyFiles;
  if (!files || files.length === 0) {
    const where = existsSync(DEFAULT_CONFIG_FILE)
      ? 'the config names no policies'
      : 'there is no ringdown.yaml in this folder';
    throw usage(where, 'name the policy files to compile');
  }
  const policies = loadPolicies(files, namesForPolicies(config));
  if (policies.diagnostics.length > 0) throw new InvalidFiles(policies.diagnostics, policies.texts);
  const sources = files.map((file): PolicySource => {
    const [policy] = loadPolicies([file], namesForPolicies(config)).value;
    return { policy: policy!, document: readDocument(policies.texts.get(file)!, file) };
  });
  const context = {
    inboundUrl: inboundUrlOf(config, compiler),
    metrics: options.metrics === undefined ? new Map() : metricsOf(options.metrics),
    settings: settingsOf(options.settings, compiler, config),
  };
  const compilation = compilePolicies(sources, compiler, context, options.approximate);
  return { compiler, context, compilation, texts: policies.texts };
}

/** Of the entry of `inbound:` that understands the target; by the target's name where there is none yet. */
function inboundUrlOf({ inbound, publicUrl }: Config, { inbound: type }: Compiler): string {
  const base = (publicUrl ?? 'http://127.0.0.1:4000').replace(/\/+$/, '');
  return `${base}/api/v1/inbound/${inbound.find((entry) => entry.type === type)?.name ?? type}`;
}

function settingsOf(
  given: readonly string[],
  { target, settings }: Compiler,
  { backends }: Config,
): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const [key, { fallback }] of Object.entries(settings)) if (fallback !== null) chosen[key] = fallback;
  // What a backend is told already need not be said again.
  const types: Record<string, string> = { kapacitor: 'tick', kibana: 'elasticsearch' };
  const backend = backends.find(({ type }) => type === (types[target] ?? target));
  for (const key of Object.keys(settings)) {
    const known = backend?.[key];
    if (typeof known === 'string' || typeof known === 'number') chosen[key] = String(known);
  }
  for (const pair of given) {
    const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
    if (!Object.hasOwn(settings, key)) {
      const names = Object.keys(settings);
      const hint = names.length > 0 ? `--set takes ${names.join(', ')}` : `${target} has no settings`;
      throw usage(`${target} has no setting "${key || pair}"`, hint);
    }
    chosen[key] = value;
  }
  const missing = Object.keys(settings).filter((key) => chosen[key] === undefined);
  if (missing.length > 0) {
    const hint = missing.map((key) => `--set ${key}=… (${settings[key]!.description})`).join('\n      ');
    throw usage(`${target} needs ${missing.join(' and ')}`, hint);
  }
  return chosen;
}

function metricsOf(file: string): CompileContext['metrics'] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw usage(`${file} cannot be read`, 'name the file behind --metrics');
  }
  const { metrics, diagnostics } = readMetrics(text, file);
  if (diagnostics.length > 0) throw new InvalidFiles(diagnostics, new Map([[file, text]]));
  return metrics;
}

function usage(message: string, hint: string): RingdownError {
  return new RingdownError('COMPILE', message, { hint, exitCode: EXIT.usage });
}
