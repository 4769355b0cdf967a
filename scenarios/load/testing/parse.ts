import { renderDiagnostics } from '../../../core/document/index.ts';
import type { Scenario } from '../../language/model.ts';
import { parseScenario } from '../../language/parse.ts';
import type { SourceFiles } from '../../language/source-files.ts';
import { k6Script, type Script, type ScriptOptions } from '../k6-script.ts';

export function parsed(text: string, file = 'test.scenario.yaml', files?: SourceFiles): Scenario {
  const { scenario, diagnostics } = parseScenario(text, file, files ? { files } : {});
  if (!scenario) throw new Error(renderDiagnostics(diagnostics, text));
  return scenario;
}

export function scriptOf(text: string, options: Partial<ScriptOptions> = {}, file?: string): Script {
  const environment = { name: 'staging', baseUrl: 'https://staging.example.com' };
  return k6Script(parsed(text, file, options.files), { userAgent: 'ringdown/1.2.3', environment, text, ...options });
}
