# The watcher (with the relay, the telemetry store and the UI in it) and the reference API, from one build:
#   docker build --target watcher --tag ringdown/watcher .
#   docker build --target api --tag ringdown/api .
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
# Before the sources, so that a changed line of code leaves the installed packages in the cache.
COPY package.json package-lock.json .npmrc ./
COPY monitoring/instrument/package.json monitoring/instrument/
RUN npm ci --ignore-scripts
COPY . .
# What users of npm get, beside the very versions that the lock names. The image brings its own Node, and the UI is built.
RUN npm pack --pack-destination /tmp && npm pack --workspace monitoring/instrument --pack-destination /tmp
RUN mkdir -p /opt/ringdown /tmp/instrument \
 && tar -xzf /tmp/ringdown-[0-9]*.tgz --strip-components=1 -C /opt/ringdown \
 && tar -xzf /tmp/ringdown-instrument-*.tgz --strip-components=1 -C /tmp/instrument \
 && npm pkg set --json dependencies="$(node -p 'JSON.stringify(require("/opt/ringdown/package.json").dependencies)')" \
 && npm pkg delete optionalDependencies \
 && npm prune --omit=dev --ignore-scripts \
 && rm node_modules/@ringdown/instrument \
 && mv /tmp/instrument node_modules/@ringdown/instrument

FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production
# The one folder that is written to where the image is read-only.
ENV NODE_COMPILE_CACHE=/data/compile-cache
# A number, because Kubernetes can tell that it isn't root only from a number. It is the image's own user "node".
ARG USER_ID=1000
RUN install -d -o ${USER_ID} -g ${USER_ID} -m 0700 /data \
 && install -d /etc/ringdown \
 # Where commands look without being told: `docker compose exec watcher ringdown token`.
 && ln -s /data /etc/ringdown/.ringdown \
 && ln -s /opt/ringdown/app/ringdown.mjs /usr/local/bin/ringdown
COPY --from=build /opt/ringdown /opt/ringdown
COPY --from=build /src/node_modules /opt/ringdown/node_modules
USER ${USER_ID}:${USER_ID}
WORKDIR /etc/ringdown
VOLUME /data

FROM runtime AS api
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "/opt/ringdown/dist/api/main.js", "--host", "0.0.0.0", "--data-dir", "/data"]

FROM runtime AS watcher
EXPOSE 4000 4317 4318 8125/udp
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4000/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["ringdown"]
CMD ["serve", "--host", "0.0.0.0", "--json"]
