# The image of every process of the relay, and (target `sandbox`) of the doubles of Okta and Entra ID. docker-compose.yml says how they run together.
# A current LTS; the code itself supports Node 20.19 and newer.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
# Not npm ci: see docs/decisions/004-npm-install-instead-of-npm-ci.md
RUN node scripts/prepare.mjs dependencies
COPY src ./src
COPY workers ./workers
COPY test/sandbox ./test/sandbox
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim AS runtime
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist/src ./dist/src
COPY --from=build /app/dist/workers ./dist/workers
RUN ln -s /app/dist/src/cli/main.js /usr/local/bin/relay
# `node` by number, so that an orchestrator can see that it is not root.
USER 1000:1000

FROM runtime AS sandbox
COPY --from=build /app/dist/test/sandbox ./dist/test/sandbox
CMD ["node", "dist/test/sandbox/standalone/main.js"]

FROM runtime AS relay
EXPOSE 8080 8081 9090
# The image holds no Redis: REDIS_URL is required. Other processes: dist/src/receiver/main.js, dist/workers/main.js, dist/src/console/main.js
CMD ["node", "dist/src/main.js"]
