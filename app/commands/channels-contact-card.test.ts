import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { EXIT } from '../../core/errors.ts';
import { terminal } from '../terminal.ts';
import { showContactCard } from './channels-contact-card.ts';

const CONFIG = `version: 1
channels:
  - { name: call-kim, type: twilio-voice, account_sid: AC0, auth_token: canary, from: "+12025550100", to: "+12025550101" }
  - { name: terminal, type: console }
`;

let folder: string;
let config: string;
let out: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-card-'));
  config = join(folder, 'ringdown.yaml');
  writeFileSync(config, CONFIG);
  out = [];
  jest.spyOn(terminal, 'out').mockImplementation((line) => Boolean(out.push(line)));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

test('prints the card of the number that calls, and nothing else of the channel', async () => {
  expect(await showContactCard(config, 'call-kim')).toBe(EXIT.success);
  expect(out.join('\n')).toMatch(/^BEGIN:VCARD\r\n.*TEL;TYPE=VOICE,CELL,PREF:\+12025550100\r\n.*END:VCARD$/s);
  expect(out.join('\n')).not.toContain('canary');
});

test('a channel that calls nobody, and one that is not there, are told with what to name', async () => {
  await expect(showContactCard(config, 'terminal')).rejects.toMatchObject({
    code: 'NO_CONTACT_CARD',
    exitCode: EXIT.usage,
  });
  await expect(showContactCard(config, 'call-kimm')).rejects.toMatchObject({
    hint: expect.stringContaining('call-kim'),
  });
  expect(out).toEqual([]);
});
