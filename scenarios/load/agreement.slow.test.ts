import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { makeCertificate } from '../engine/protocols/testing/certificates.ts';
import { type GrpcServer, startGrpcServer } from '../engine/protocols/testing/grpc-server.ts';
import { createRunner } from '../engine/runner.ts';
import { parseScenario } from '../language/parse.ts';
import { memoryFiles } from '../language/source-files.ts';
import { k6Script } from './k6-script.ts';
import { AGREEMENT_CASES } from './testing/agreement-cases.ts';
import { agreementServer } from './testing/agreement-server.ts';
import { startGreeter } from './testing/greeter.ts';
import { k6ForTests } from './testing/install-k6.ts';
import { PROTOCOL_CASES } from './testing/protocol-cases.ts';
import { engineVerdicts, k6Verdicts } from './testing/step-verdicts.ts';

const USER_AGENT = 'ringdown/0.0.0-test';
const SECRETS = { QA_PASSWORD: 'correct horse' };

let server: Awaited<ReturnType<typeof agreementServer>>;
let secureServer: typeof server;
let shop: GrpcServer;
let greeter: Awaited<ReturnType<typeof startGreeter>>;
let k6: string;
beforeAll(async () => {
  k6 = await k6ForTests();
  server = await agreementServer();
  secureServer = await agreementServer(makeCertificate({ name: 'service', names: ['127.0.0.1'] }));
  shop = await startGrpcServer();
  greeter = await startGreeter();
});
afterAll(async () => {
  shop.close();
  greeter.close();
  await secureServer.close();
  await server.close();
});

test.each([...AGREEMENT_CASES, ...PROTOCOL_CASES])(
  'run and load agree, step by step: $name',
  async ({ name, yaml, passes, files, secure }) => {
    const { origin } = secure ? secureServer : server;
    const text = `version: 1\nid: agreement\nname: ${JSON.stringify(name)}\nservice: api\n${yaml}`
      .replaceAll('grpc://shop', `grpc://${shop.address}`)
      .replaceAll('grpc://greeter', `grpc://${greeter.address}`)
      .replaceAll(':PORT', `:${new URL(origin).port}`);
    const { scenario, diagnostics } = parseScenario(text, 'agreement.scenario.yaml', {
      files: memoryFiles('agreement.scenario.yaml', files ?? {}),
    });
    expect(diagnostics).toEqual([]);
    const environment = { name: 'local', baseUrl: origin };
    const made = k6Script(scenario!, { userAgent: USER_AGENT, environment, text });
    if ('refusals' in made) throw new Error(JSON.stringify(made.refusals));

    const runner = createRunner({
      clock: systemClock,
      userAgent: USER_AGENT,
      allowedOrigins: [
        origin,
        `grpc://${shop.address}`,
        `grpc://${greeter.address}`,
        `http://shop.example.com:${new URL(origin).port}`,
      ],
    });
    const run = await runner.run({
      scenario: scenario!,
      environment: { name: 'local', base_url: origin },
      secrets: SECRETS,
      scheduledAt: null,
      abort: new AbortController().signal,
    });
    expect(run.failure?.message ?? 'it passed').toEqual(
      passes ? 'it passed' : expect.not.stringMatching(/^it passed$/),
    );

    const { verdicts, output } = await k6Verdicts(k6, made, SECRETS, scenario!.data?.length ?? null);
    const wanted = engineVerdicts(run);
    expect({ verdicts, output: output.replace(/"time".*/g, '') }).toMatchObject({ verdicts: wanted });
    expect(Object.keys(verdicts)).toEqual(Object.keys(wanted));
  },
);
