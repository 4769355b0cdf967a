import { expect, test } from '@jest/globals';
import { activity } from './activity.ts';
import { spokenName } from './names.ts';
import { share } from './speech.ts';
import { durationInWords, inWords } from './words.ts';

test.each([
  ['write', 'POST /v1/posts', 'writing a post'],
  ['sign in', 'POST /v1/sessions', 'signing in'],
  ['read it back', 'GET /v1/posts/{{ id }}', 'reading it back'],
  ['delete', 'DELETE /v1/posts/{{ id }}', 'deleting a post'],
  ['Create', 'POST /api/entries', 'creating an entry'],
  ['list', 'GET /v1/posts', 'listing posts'],
  ['get', 'GET /v1/status', 'getting the status'],
  ['sign up', 'POST /v1/users', 'signing up'],
  ['writing a post', 'POST /v1/posts', 'writing a post'],
  ['home page', 'GET /', 'the step home page'],
  ['check', null, 'checking'],
  ['refresh', 'POST /v1/sessions/refresh', 'refreshing a session'],
])('%s on %s is spoken as "%s"', (step, route, expected) => {
  expect(activity(step, route)).toBe(expected);
});

test.each([
  [0, 'zero'],
  [9, 'nine'],
  [14, 'fourteen'],
  [40, 'forty'],
  [99, 'ninety-nine'],
  [100, '100'],
])('%d in words', (number, expected) => {
  expect(inWords(number)).toBe(expected);
});

test.each([
  [200, 'one second'],
  [40_000, 'forty seconds'],
  [360_000, 'six minutes'],
  [7_200_000, 'two hours'],
  [5 * 86_400_000, 'five days'],
])('%d ms in words', (ms, expected) => {
  expect(durationInWords(ms)).toBe(expected);
});

test.each([
  [9, 10, 'nine of ten real requests'],
  [3, 4, 'three of four real requests'],
  [40, 40, 'all real requests'],
  [1, 1, 'the one real request'],
  [1, 1_000, 'fewer than one in ten real requests'],
  [999, 1_000, 'nine of ten real requests'],
])('%d of %d requests', (errors, requests, expected) => {
  expect(share(errors, requests)).toBe(expected);
});

test.each([
  ['reference-api', 'Reference API'],
  ['billing', 'Billing'],
])('%s is called %s', (name, expected) => {
  expect(spokenName(name)).toBe(expected);
});
