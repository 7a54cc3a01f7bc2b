import { z } from 'zod';
import { reportSchema, type Report } from '../../src/store/reports.js';
import type { CompanyDevice } from '../sandbox/fixtures/company.js';
import type { RecordedRequest } from '../sandbox/request-log.js';
import { startDesk, type OnCall } from './desk.js';
import { startScenario, type Scenario, type ScenarioOptions } from './relay.js';

export type SweepScenario = Scenario & {
  desk: OnCall;
  /** Orders a sweep, and resolves with its report. */
  sweep: (what?: { dryRun?: boolean; acceptShrunk?: boolean }) => Promise<Report>;
  /** Resolves with the report of the sweep with that id, or of the one that comes next. */
  reportOf: (id: string) => Promise<Report>;
  /** Resolves when UEM is asked for one device, from now on. */
  readsAgain: () => Promise<RecordedRequest>;
  /** Changes what UEM says of a device, without an event. */
  silently: (device: CompanyDevice, says: { complianceStatus?: string; compromised?: boolean; enrollmentStatus?: string }) => void;
  /** What an administrator reads of the device in Okta. */
  status: (device: CompanyDevice) => string;
};

const idSchema = z.object({ id: z.string() });

/** A scenario whose UEM has a REST API that lists the company's devices; no sweep but those that are ordered, after the first. */
export async function startSweepScenario(options: ScenarioOptions = {}): Promise<SweepScenario> {
  const scenario = await startScenario({ ...options, uemApi: true, workers: false });
  const { uem } = scenario;
  const desk = await startDesk(scenario);
  const prefix = options.environment?.MODE === 'shadow' ? '{relay-shadow}' : '{relay}';
  const reportOf = (id: string) =>
    scenario.eventually(`the report of sweep ${id}`, async () => {
      const texts = await scenario.client.lrange(`${prefix}:reports`, 0, -1);
      return texts.map((text) => reportSchema.parse(JSON.parse(text))).find((report) => report.id === id) ?? null;
    });
  if (options.workers !== false) {
    await scenario.startWorkers();
    await scenario.eventually('the sweep of the start', async () => ((await scenario.client.llen(`${prefix}:reports`)) > 0 ? true : null));
  }
  const started: SweepScenario = {
    ...scenario,
    desk,
    readsAgain: () => {
      const before = uem.calls('getDevice').length;
      return uem.onRequest(() => uem.calls('getDevice').length > before);
    },
    reportOf,
    sweep: async (what = {}) => await reportOf(idSchema.parse((await desk.order('POST', 'sweeps', what)).body).id),
    silently: (device, says) => uem.inventory.change(device.uem.deviceId, says),
    status: ({ okta: { id } }) => scenario.okta.device(id).status,
    stop: async () => {
      await desk.stop();
      await scenario.stop();
    },
  };
  return started;
}
