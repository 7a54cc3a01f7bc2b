// Makes a bare checkout ready: dependencies and a Redis. Plain JavaScript without dependencies, because it runs before node_modules exists.
// node scripts/prepare.mjs [dependencies]: with `dependencies` no Redis is looked for.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDependencies } from './dependencies.mjs';
import { oneAtATime } from './lock.mjs';
import { provideRedis } from './redis.mjs';

const oldestNode = [20, 19];
const root = dirname(dirname(fileURLToPath(import.meta.url)));

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  throw new Error(`Node ${oldestNode.join('.')} or newer is needed; this is ${process.version}. See https://nodejs.org/en/download`);
}

try {
  checkNode();
  await oneAtATime(root, () => {
    installDependencies(root);
    if (process.argv[2] !== 'dependencies') provideRedis(root);
  });
} catch (error) {
  console.error(`prepare: ${error.message}`);
  process.exitCode = 1;
}
