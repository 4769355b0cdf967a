import { describe, expect, test } from '@jest/globals';
import type { Incident } from '../../incident.ts';
import type { AnswerOutcome, AnswerRequest, ChannelAnswer } from '../../notifier.ts';
import { spoken } from '../../page/spoken.ts';
import { HOSTILE_TEXT, notification } from '../../testing/notification.ts';
import { AUTH, actionOf, isTwiml, PUBLIC_URL, SID, twilioPost } from '../../testing/peers/twilio.ts';
import { answers } from './answers.ts';
import { pageTwiml } from './menu.ts';
import { LANGUAGES, phrasesOf } from './phrases.ts';

const ANSWERS = `${PUBLIC_URL}/api/v1/answers/call-kim`;
const { incident, page } = notification();
const PLACED = 1_800_000_000;
const settings = {
  name: 'call-kim',
  type: 'twilio-voice',
  account_sid: SID,
  auth_token: AUTH,
  from: '+12025550100',
  to: '+12025550101',
};

/** A phone on the line, and what a desk would do with its keys. */
function phone(over: { language?: string; failing?: number; written?: boolean; incident?: Incident | null } = {}) {
  const own = { ...settings, ...(over.language ? { language: over.language } : {}) };
  const voice = { language: own.language ?? 'en-US', voice: undefined };
  const first = { answerUrl: ANSWERS, incident: incident.id, placed: PLACED, turn: 1, again: false, language: null };
  let twiml = pageTwiml(page.speech, voice, first, 'minsu');
  const done: ChannelAnswer[] = [];
  const requests: AnswerRequest[] = [];
  return {
    done,
    requests,
    heard: () =>
      twiml
        .replace(/<[^>]+>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    mayPress: () => actionOf(twiml) !== null,
    press(Digits: string): string {
      const request = twilioPost(actionOf(twiml)!, {
        CallSid: 'CA1',
        AccountSid: SID,
        Digits,
        CallStatus: 'in-progress',
      });
      requests.push(request);
      expect(answers.verify(own, request, PLACED * 1_000)).toMatchObject({ verified: true });
      const read = answers.read(own, request);
      if ('refused' in read) throw new Error(read.reason);
      done.push(...read);
      const open = over.incident === undefined ? incident : over.incident;
      const outcomes = read.map(
        (answer): AnswerOutcome => ({
          answer,
          incident: open,
          still_failing: answer.action === 'resolve_unless_failing' ? (over.failing ?? 0) : 0,
          written: over.written ?? true,
          page: open && { ...page, escalates_to: 'minsu' },
        }),
      );
      const reply = answers.reply(own, request, outcomes)!;
      expect(reply.content_type).toBe('text/xml; charset=utf-8');
      expect(isTwiml(reply.body)).toBe(true);
      twiml = reply.body;
      return this.heard();
    },
  };
}

describe('keys', () => {
  test.each([
    ['4', 'acknowledge', 'Acknowledged. Good-bye.'],
    ['5', 'escalate', 'Passed on. Good-bye.'],
    ['6', 'resolve_unless_failing', 'Resolved. Good-bye.'],
  ])('%s means %s', (key, action, said) => {
    const kim = phone();
    expect(kim.press(key)).toBe(said);
    expect(kim.done).toEqual([
      { incident_id: incident.id, dedup_key: null, action, by: null, contact: null, text: null, provider_ref: 'CA1' },
    ]);
    expect(kim.mayPress()).toBe(false);
  });

  test('a key whose effect is not on disk hears that, in its language', () => {
    expect(phone({ written: false }).press('4')).toContain('It counts, but could not be written down.');
    expect(phone({ written: false, language: 'ko-KR' }).press('4')).toContain('기록하지 못했습니다');
  });

  test('6 while two monitors fail says so; a second 6 is quiet for thirty minutes', () => {
    const kim = phone({ failing: 2 });
    expect(kim.press('6')).toContain('2 monitors still fail. Press 6 again to be quiet about it for thirty minutes');
    expect(kim.press('6')).toBe('Quiet for thirty minutes. Good-bye.');
    expect(kim.done.map(({ action }) => action)).toEqual(['resolve_unless_failing', 'silence']);
  });

  test('6, then 4: the question about quiet is not an answer', () => {
    const kim = phone({ failing: 1 });
    expect(kim.press('6')).toContain('One monitor still fails.');
    kim.press('4');
    expect(kim.done.map(({ action }) => action)).toEqual(['resolve_unless_failing', 'acknowledge']);
  });

  test('6, star, 6 asks again: only the second 6 in a row is quiet', () => {
    const kim = phone({ failing: 1 });
    for (const key of ['6', '*', '6']) kim.press(key);
    expect(kim.done.map(({ action }) => action)).not.toContain('silence');
  });

  test('star says it again with the menu, as often as somebody wants, and no two requests are alike', () => {
    const kim = phone();
    for (let times = 0; times < 3; times++) {
      expect(kim.press('*')).toBe(
        `${page.speech} ${phrasesOf('en-US').menu('minsu')} ${phrasesOf('en-US').nobodyPressed}`,
      );
    }
    expect(new Set(kim.requests.map(({ headers }) => headers['x-twilio-signature'])).size).toBe(3);
    kim.press('4');
    expect(kim.done.at(-1)!.action).toBe('acknowledge');
  });

  test('another key acknowledges nothing', () => {
    const kim = phone();
    for (const key of ['1', '#', '0', '']) expect(kim.press(key)).toContain('That key means nothing.');
    expect(new Set(kim.done.map(({ action }) => action))).toEqual(new Set(['repeat']));
  });

  test('a phone that presses star for ever is hung up on', () => {
    const robot = phone();
    let presses = 0;
    while (robot.mayPress()) {
      robot.press('*');
      presses++;
    }
    expect(presses).toBe(20);
  });

  test('an incident that is over by then is said to be', () => {
    expect(phone({ incident: null }).press('4')).toBe('This incident is over. Good-bye.');
  });

  test.each(['de-DE', 'ko-KR', 'ja-JP', 'fr-FR', 'es-ES'])('in %s as well', (language) => {
    const said = phrasesOf(language);
    expect(phone({ language }).press('4')).toBe(said.acknowledged);
    expect(phone({ language, failing: 2 }).press('6')).toContain(said.stillFailing(2));
    expect(said.stillFailing(2)).toMatch(/6/);
    for (const key of ['4', '5', '6']) expect(said.menu('minsu')).toContain(key);
    expect(said.menu(null)).not.toContain('5');
  });
});

test('what is said after a key is in the language of the person as well', () => {
  const url = `${ANSWERS}?on=key&incident=${incident.id}&turn=1&language=ko-KR`;
  const said = (Digits: string) => {
    const request = twilioPost(url, { CallSid: 'CA1', Digits });
    const [answer] = answers.read(settings, request) as ChannelAnswer[];
    return answers.reply(settings, request, [{ answer: answer!, incident, still_failing: 0, page, written: true }])!
      .body;
  };
  expect(said('4')).toContain(`<Say language="ko-KR">${phrasesOf('ko-KR').acknowledged}`);
  expect(actionOf(said('*'))).toContain('language=ko-KR');
});

describe('the time of a call stands in every address of it', () => {
  const at = (query: string, secondsLater: number) => {
    const request = twilioPost(`${ANSWERS}?on=key&incident=${incident.id}${query}&turn=1`, {
      CallSid: 'CA1',
      Digits: '4',
    });
    return answers.verify(settings, request, (PLACED + secondsLater) * 1_000);
  };

  test('a request that somebody copied is worth nothing once its call must be over, be it a day later or a year', () => {
    expect(at(`&placed=${PLACED}`, 7_200)).toMatchObject({ verified: true });
    for (const later of [7_201, 86_401, 365 * 86_400]) {
      expect(at(`&placed=${PLACED}`, later)).toEqual({ refused: 'unauthentic', reason: 'the call is over' });
    }
  });

  test.each(['', '&placed=', '&placed=x', '&placed=Infinity', `&placed=${PLACED + 1_000_000}`])(
    'one with no such time is not believed: %s',
    (query) => {
      expect(at(query, 0)).toMatchObject({ refused: 'unauthentic' });
    },
  );

  test('the next menu keeps it', () => {
    const kim = phone();
    kim.press('*');
    expect(new URL(kim.requests[0]!.publicUrl).searchParams.get('placed')).toBe(String(PLACED));
    kim.press('*');
    expect(new URL(kim.requests[1]!.publicUrl).searchParams.get('placed')).toBe(String(PLACED));
  });
});

describe('the end of a call', () => {
  const end = (CallStatus: string) => {
    const url = `${ANSWERS}?on=status&incident=${incident.id}`;
    return answers.read(settings, twilioPost(url, { CallSid: 'CA1', CallStatus }));
  };

  test('answered is not acknowledged', () => {
    expect(end('completed')).toMatchObject([{ action: 'delivered', provider_ref: 'CA1' }]);
  });

  test.each(['busy', 'no-answer', 'failed', 'canceled'])('%s: nobody answered', (status) => {
    expect(end(status)).toMatchObject([{ action: 'unanswered', incident_id: incident.id, provider_ref: 'CA1' }]);
  });

  test('what is under way still is no end, and is replied to with nothing', () => {
    expect(end('ringing')).toEqual([]);
    const request = twilioPost(`${ANSWERS}?on=status&incident=x`, { CallSid: 'CA1', CallStatus: 'completed' });
    expect(answers.reply(settings, request, [])).toBeNull();
  });
});

test('an address that names nothing is malformed', () => {
  for (const query of ['', '?on=key', '?on=else&incident=x']) {
    expect(answers.read(settings, twilioPost(`${ANSWERS}${query}`, { Digits: '4' }))).toMatchObject({
      refused: 'malformed',
    });
  }
});

test('hostile text stays text in what is replied', () => {
  const request = twilioPost(`${ANSWERS}?on=key&incident=${incident.id}&turn=2`, { CallSid: 'CA1', Digits: '*' });
  const [answer] = answers.read(settings, request) as ChannelAnswer[];
  const id = `inc-1"><Dial>&${HOSTILE_TEXT}`;
  for (const told of [{ ...page, speech: HOSTILE_TEXT, escalates_to: HOSTILE_TEXT }, null]) {
    const hostile = { ...incident, id, title: HOSTILE_TEXT, cause: { ...incident.cause, message: HOSTILE_TEXT } };
    const { body } = answers.reply(settings, request, [
      { answer: answer!, incident: hostile, still_failing: 0, page: told, written: true },
    ])!;
    expect(isTwiml(body)).toBe(true);
    expect(body).not.toContain('<Dial>');
    expect(new URL(actionOf(body)!).searchParams.get('incident')).toBe(id.toWellFormed());
  }
});

test('a call fits the length that Twilio takes, in every language, with the keys', () => {
  const keys = { answerUrl: ANSWERS, incident: incident.id, placed: PLACED, turn: 1, again: false, language: null };
  for (const language of LANGUAGES) {
    const long = ['ko-KR', 'en-US', 'de-DE'].includes(language) ? ['서버 오류가 났습니다 & <b> '.repeat(300)] : [];
    for (const speech of [page.speech, ...long]) {
      const twiml = pageTwiml(speech, { language, voice: undefined }, keys, 'minsu');
      expect(twiml.length).toBeLessThanOrEqual(4_000);
      expect(isTwiml(twiml)).toBe(true);
    }
  }
});

test('what the service answered is not read out when the page is heard again either, unless that is allowed', () => {
  const message = '$.email is "kim@example.com", expected "a"';
  const cause = { ...incident.cause, message, expected: '"a"', actual: '"kim@example.com"' };
  const open = { ...incident, cause };
  const again = twilioPost(`${ANSWERS}?on=key&incident=${incident.id}&turn=1`, { CallSid: 'CA1', Digits: '*' });
  const said = (include_bodies: boolean, told: typeof page | null) => {
    const outcome: AnswerOutcome = {
      answer: (answers.read(settings, again) as ChannelAnswer[])[0]!,
      incident: open,
      still_failing: 0,
      written: true,
      page: told,
    };
    return answers.reply({ ...settings, include_bodies }, again, [outcome])!.body;
  };
  const told = { ...page, speech: `Reading fails: ${spoken(message)}.` };
  expect(said(false, told)).toContain('is not as expected');
  expect(said(false, told)).not.toContain('kim@');
  expect(said(false, null)).not.toContain('kim@');
  expect(said(true, told)).toContain('kim@');
});
