# A current LTS; the code itself supports Node 20.19 and newer.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
RUN npm install --no-save --no-audit --no-fund
COPY src ./src
COPY workers ./workers
COPY test/sandbox ./test/sandbox
RUN npm run build && rm -rf dist/test && npm prune --omit=dev

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
RUN ln -s /app/dist/src/cli/main.js /usr/local/bin/relay
USER node
EXPOSE 8080 8081
# The image holds no Redis: REDIS_URL is required. Other processes: dist/src/receiver/main.js, dist/workers/main.js, dist/src/console/main.js
CMD ["node", "dist/src/main.js"]
