import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { renderReport } from '../../src/cli/doctor.js';
import { reportSchema } from '../../src/doctor/report.js';
import { startDoctorSubject, type DoctorSubject } from '../doctor/subject.js';
import { tell } from '../standstill.js';
import { runHere } from './run.js';

describe('relay doctor', () => {
  let subject: DoctorSubject;

  beforeAll(async () => {
    subject = await startDoctorSubject();
  });
  afterAll(() => subject.stop());

  it('says GO, a line for each check, and ends with 0', async () => {
    await tell(async () => {
      const { code, out, err } = await runHere(['doctor'], subject.environment);
      expect({ code, err, failed: out.match(/^ *FAIL.*/gm) }).toEqual({ code: 0, err: '', failed: null });
      expect(out).toMatch(/^GO: 22 ok, 0 warnings, 0 failed, 0 skipped\n/);
      expect(out).toMatch(/ok +identifiers of Okta's devices +IOS 100 % \(5 of 5\)/);
      expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
    });
  });

  it('says NO-GO, what to do, and ends with 1', async () => {
    await tell(async () => {
      subject.okta.rejectCredentials(true);
      const { code, out, err } = await runHere(['doctor'], subject.environment);
      subject.okta.rejectCredentials(false);
      expect({ code, err }).toEqual({ code: 1, err: 'NO-GO: 1 of 22 checks failed.\n' });
      expect(out).toMatch(/^NO-GO: 14 ok, 0 warnings, 1 failed, 7 skipped\n/);
      expect(out).toMatch(/FAIL +Okta token +okta token: credentials, HTTP 401, invalid_client\n +-> /);
    });
  });

  it('prints JSON of a stable form for programs', async () => {
    await tell(async () => {
      const { code, out } = await runHere(['doctor', '--json', '--pages', '2'], subject.environment);
      expect(code).toBe(0);
      expect(reportSchema.parse(JSON.parse(out)).verdict).toBe('GO');
    });
  });

  it('lets nothing through that a terminal would obey', async () => {
    const { out } = await runHere(['doctor'], { ...subject.environment, MODE: 'shadow', OKTA_CLIENT_ORGURL: 'https://a\u001B[2J' });
    expect(out).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  it.each(['0', '1.5', 'many', '51'])('ends with 2 for --pages %s', async (pages) => {
    expect((await runHere(['doctor', '--pages', pages], {})).code).toBe(2);
  });

  it('emphasises what failed', () => {
    const checks = (['fail', 'warn'] as const).map((status) => ({ id: status, title: status, status, measured: '' }));
    const marked = renderReport({ verdict: 'NO-GO', checks }, (emphasis, text) => `<${emphasis}>${text}`);
    expect(marked).toMatch(/^<alarm>NO-GO/);
    expect(marked).toContain('<alarm>FAIL');
    expect(marked).toContain('<warning>warn');
  });
});
