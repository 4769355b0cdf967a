import { describe, expect, test } from '@jest/globals';
import { prettyBody } from './pretty-body.ts';

describe('pretty body', () => {
  test('JSON is indented and numbers past 2^53 keep their digits', () => {
    const body = {
      text: '{"id":12345678901234567890,"tags":["a","b"],"none":[ ],"s":"x:,{\\""}',
      content_type: 'application/problem+json',
    };
    expect(prettyBody(body).text).toBe(
      '{\n  "id": 12345678901234567890,\n  "tags": [\n    "a",\n    "b"\n  ],\n  "none": [],\n  "s": "x:,{\\""\n}',
    );
  });

  test('what is cut or no JSON stays as it came', () => {
    expect(prettyBody({ text: '{"a":', content_type: 'application/json' }).text).toBe('{"a":');
    expect(prettyBody({ text: '<b>hi</b>', content_type: 'text/html; charset=utf-8' })).toEqual({
      text: '<b>hi</b>',
      format: 'text/html',
    });
  });
});
