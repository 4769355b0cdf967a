import { expect, test } from '@jest/globals';
import pino from 'pino';
import { ecs, humanLine, type LogEntry } from './log.ts';

/** What one call wrote: one line, or the parser complains. */
function logged(write: (log: pino.Logger) => void): Record<string, unknown> {
  let line = '';
  const destination = {
    write(text: string) {
      line += text;
    },
  };
  write(pino(ecs('info'), destination));
  return JSON.parse(line) as Record<string, unknown>;
}

test('lines have the field names of the Elastic Common Schema, errors too', () => {
  const error = Object.assign(new TypeError('no such column'), { code: 'SQLITE_ERROR' });
  const line = logged((log) => log.error({ err: error, monitor: 'a@b' }, 'a run could not be stored'));
  expect(line).toMatchObject({
    'log.level': 'error',
    '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    'service.name': 'ringdown',
    message: 'a run could not be stored',
    monitor: 'a@b',
    error: {
      type: 'TypeError',
      message: 'no such column',
      code: 'SQLITE_ERROR',
      stack_trace: expect.stringContaining('at '),
    },
  });
  expect(line).not.toHaveProperty('err');
});

test('text that could fake a line stays inside its own', () => {
  const text = 'one\r\n{"log.level":"fatal"}\u2028\u001b[2Jtwo';
  expect(logged((log) => log.info(text)).message).toBe(text);
});

test('a person at a terminal is told why, and of what', () => {
  const line = (write: (log: pino.Logger) => void) => humanLine(logged(write) as LogEntry);
  expect(line((log) => log.warn({ source: 'grafana', reason: 'wrong token' }, 'a request was refused'))).toBe(
    'a request was refused: wrong token (source grafana)',
  );
  expect(line((log) => log.error({ err: new Error('no space'), monitor: 'a@b' }, 'a run could not be stored'))).toBe(
    'a run could not be stored: no space (monitor a@b)',
  );
  expect(line((log) => log.warn('all in all'))).toBe('all in all');
});
