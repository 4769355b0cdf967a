import { fromApt } from './apt.ts';
import { cached, run } from './cache.ts';

const VERSION = '0.0.3';

/** The folder for PYTHONPATH with `logstash_pipeline_parser`, which knows Logstash's grammar and nothing of its plug-ins. */
export async function install(): Promise<string> {
  return await cached(`logstash-grammar-${VERSION}`, async (draft) => {
    const python = await fromApt('python3', ['python3', 'python3-pip']);
    const packages = [`logstash-pipeline-parser==${VERSION}`, 'pyparsing==3.3.3'];
    await run(python, ['-m', 'pip', 'install', '--quiet', '--target', draft, ...packages]);
  });
}

/**
 * Reads a pipeline's configuration.
 * @returns its sections, each with its plug-ins: `[["input", [["tcp", [["port", [5044]]]]]], …]`
 * @throws with the place where the grammar is left
 */
export async function parsePipeline(path: string): Promise<[string, unknown][]> {
  const program =
    'import json, pathlib, sys; from logstash_pipeline_parser import Pipeline; print(json.dumps(Pipeline(pathlib.Path(sys.argv[1]).read_text()).parse()))';
  const env = { ...process.env, PYTHONPATH: await install() };
  const python = await fromApt('python3', ['python3', 'python3-pip']);
  return JSON.parse(await run(python, ['-c', program, path], { env })) as [string, unknown][];
}
