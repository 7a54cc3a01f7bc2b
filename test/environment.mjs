import { setTimeout as delay } from 'node:timers/promises';
import { TestEnvironment } from 'jest-environment-node';

const graceMs = 5000;
const lookAgainMs = 20;

/** What keeps the process alive: sockets, servers, child processes, timers, by Node's names for them. */
function countOpen() {
  const open = new Map();
  for (const kind of process.getActiveResourcesInfo()) open.set(kind, (open.get(kind) ?? 0) + 1);
  return open;
}

/** A test file that leaves a server, a connection, a timer or a process open fails: it would keep its worker alive, or disturb the next file. */
export default class EnvironmentWithoutLeftovers extends TestEnvironment {
  #atFirst = countOpen();

  async teardown() {
    const leftOpen = await this.#leftOpen();
    await super.teardown();
    if (leftOpen.length > 0) throw new Error(`A test left something open: ${leftOpen.join(', ')}. Run its file with --detectOpenHandles to find it.`);
  }

  async #leftOpen() {
    for (const end = performance.now() + graceMs; ; await delay(lookAgainMs)) {
      const left = [...countOpen()].filter(([kind, count]) => count > (this.#atFirst.get(kind) ?? 0)).map(([kind]) => kind);
      if (left.length === 0 || performance.now() > end) return left;
    }
  }
}
