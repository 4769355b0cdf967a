import { expect, test } from '@jest/globals';
import Fastify from 'fastify';
import { listen } from './listen.ts';

test('a server on every interface is reached over loopback', async () => {
  await using server = Fastify();
  server.get('/', async () => 'here');
  const url = await listen(server, { host: '0.0.0.0', port: 0 });
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await (await fetch(url)).text()).toBe('here');
});

test('a port that is taken and an address of another machine say what to do', async () => {
  await using server = Fastify();
  const port = Number(new URL(await listen(server, { host: '127.0.0.1', port: 0 })).port);
  await using another = Fastify();
  await expect(listen(another, { host: '127.0.0.1', port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    exitCode: 2,
  });
  await using foreign = Fastify();
  await expect(listen(foreign, { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
    code: 'CANNOT_LISTEN',
    exitCode: 2,
    hint: expect.stringContaining('--host'),
  });
});
