import { BaseUrl, serviceOf } from '../base-url.ts';
import type { Omission, StepDraft } from '../draft.ts';
import { type Importer, refusal } from '../importer.ts';
import { literal } from '../literal.ts';
import { identifier } from '../names.ts';
import { Secrets } from '../secrets.ts';
import { curlSteps } from './command.ts';
import { readOptions } from './options.ts';
import { EXPANDED, splitCommands } from './shell.ts';

/** Commands of curl, one or several: each becomes a step. */
export const importer: Importer = {
  format: 'curl',
  reads: 'a curl command, or a file with some',
  takesCommand: true,
  read(source, options) {
    const split = source.words ? { commands: [[...source.words]], unclosed: false } : splitCommands(source.text);
    if (split.unclosed)
      return refusal('a quote is never closed', 'quote the whole command for the shell, or save it to a file');
    const omissions: Omission[] = [];
    const commands = split.commands.filter((words) => {
      const program = words.find((word) => !/^[A-Za-z_]\w*=/.test(word)) ?? '';
      if (/(^|[\\/])curl(\.exe)?$/.test(program)) return true;
      omissions.push({
        item: source.name,
        what: `the command ${program}`,
        why: 'only curl is read',
        instead:
          program === 'jq'
            ? 'write what it looked for under "expect: { jsonpath: … }"'
            : 'leave it out, or write it as a step',
      });
      return false;
    });
    if (commands.length === 0)
      return refusal(
        'there is no curl command',
        "for example: ringdown import curl 'curl https://api.example.com/health'",
      );

    const read = commands.map((words) =>
      readOptions(words.slice(words.findIndex((word) => /curl(\.exe)?$/.test(word)) + 1)),
    );
    const urls = read.flatMap(({ urls }) => urls.map(withScheme));
    if (urls.length === 0)
      return refusal('the command names no URL', 'for example: curl https://api.example.com/health');
    const base = new BaseUrl(urls);
    const service = options.service ?? serviceOf(base.url) ?? 'imported';
    const secrets = new Secrets(service);
    const text = (written: string) => expand(literal(written));
    const steps: StepDraft[] = read.flatMap((command, index) =>
      curlSteps(command, index, { base, secrets, text, withScheme, source, omissions }),
    );
    return {
      scenarios: [
        {
          name: steps.length === 1 ? steps[0]!.name : `Requests to ${service}`,
          service,
          steps: secrets.replace(steps),
        },
      ],
      omissions: omissions.map((omission) => ({ ...omission, what: secrets.blacken(omission.what) })),
      baseUrls: base.url ? [base.url, ...base.others] : [],
    };
  },
};

/** curl guesses http for a URL without a scheme. */
function withScheme(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(url) || url.startsWith(EXPANDED) ? url : `http://${url}`;
}

/** A variable of the shell is one of the environment: a secret of that name reads it. */
function expand(text: string): string {
  return text.replace(
    new RegExp(`${EXPANDED}(\\w+)${EXPANDED}`, 'g'),
    (_, name: string) => `{{ secrets.${identifier(name)} }}`,
  );
}
