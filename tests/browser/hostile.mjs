// Every page with hostile text in every field, in a real browser. What was typed is never run, never
// markup, never a formula; the policy is never even tried; every answer carries the headers.
// Pages are those of services/muster/tests/routes.tsv, which lists every address. Ends with counts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { root, startDemo } from './demo.mjs';
import { signIn } from './pages.mjs';
import { PAYLOADS, STRUCK } from './payloads.mjs';
import { forgotten, seed } from './seeding.mjs';
import { check, finish, ok, same } from './tally.mjs';

const demo = await startDemo();
const base = demo.url.replace(/\/$/, '');
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const { logins } = demo;
let opened = 0;
let struck = 0;

const api = async (login, path, options = {}) => {
  const headers = { authorization: `Bearer ${login.token}`, 'content-type': 'application/json', ...options.headers };
  const answer = await fetch(`${base}/api/v1${path}`, { ...options, headers });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : {} };
};

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/** Opens a page of somebody's own browser and listens to everything that must not happen. */
async function listening(login) {
  const context = await browser.newContext({ acceptDownloads: false, userAgent: `Mozilla/5.0 ${PAYLOADS[0]}` });
  const page = await context.newPage();
  const faults = [];
  page.on('dialog', (dialog) => { faults.push(`a dialog: ${dialog.message()}`); void dialog.dismiss(); });
  page.on('console', (message) => {
    if (/Content Security Policy|policy:/i.test(message.text())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('request', (request) => {
    const to = request.url();
    if (!to.startsWith(base) && !to.startsWith('data:')) faults.push(`asks elsewhere: ${to}`);
  });
  page.on('response', (answer) => {
    const given = answer.headers();
    for (const [name, value] of Object.entries(HEADERS)) {
      if (given[name] !== value) faults.push(`${name} is ${given[name]} at ${answer.url()}`);
    }
    const policy = given['content-security-policy'] ?? '';
    if (!policy.startsWith("default-src 'none'") || /unsafe|\*/.test(policy)) faults.push(`policy ${policy} at ${answer.url()}`);
    if (!answer.url().includes('/assets/') && given['cache-control'] !== 'no-store') faults.push(`stored: ${answer.url()}`);
  });
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  if (login) await signIn(page, base, login);
  return { context, page, faults };
}

/** What the page's own document says about things that no page of ours has. */
const inspect = (name) => {
  const all = [...document.querySelectorAll('*')];
  const odd = all.filter((element) => [...element.attributes].some((a) => /^on/i.test(a.name) || a.name === 'srcdoc'
    || (/^(href|src|action|formaction|xlink:href|data)$/i.test(a.name) && /^\s*javascript:/i.test(a.value))));
  const strange = all.filter((element) => ['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'MARQUEE'].includes(element.tagName)
    || (element.tagName === 'IMG' && element.getAttribute('src') === 'x')
    || (element.tagName === 'SCRIPT' && !new URL(element.src || 'about:blank').pathname.startsWith('/assets/')));
  return {
    struck: window[name],
    marks: [...odd, ...strange].map((element) => element.outerHTML.slice(0, 200)),
    away: [...document.querySelectorAll('a[href], form[action]')].map((a) => a.href || a.action)
      .filter((to) => typeof to === 'string' && !to.startsWith(location.origin)),
  };
};

async function harmless(seen, path) {
  opened += 1;
  seen.faults.length = 0;
  try {
    await seen.page.goto(base + path, { waitUntil: 'load' });
  } catch (error) {
    // A list as a file is a download: it is read apart.
    if (!/Download is starting|net::ERR_ABORTED/.test(error.message)) throw error;
    return;
  }
  const found = await seen.page.evaluate(inspect, STRUCK);
  const wrong = [...seen.faults, ...found.marks, ...found.away];
  if (found.struck) wrong.push('a payload ran');
  if (wrong.length > 0) struck += 1;
  same(wrong.length, 0, `${path}: ${wrong.slice(0, 3).join(' | ')}`);
}

const seeded = await seed({ api, demo });
await check(`payloads stand in the book (${seeded.tried.taken} of ${seeded.tried.all} acts were taken)`, () => {
  ok(seeded.tried.taken > PAYLOADS.length * 20, `only ${seeded.tried.taken} were taken`);
});
await check('no field of text was forgotten', async () => {
  const description = (await api(logins.auditor, '/openapi.json')).body;
  const missing = forgotten(description, seeded.filled);
  same(missing.length, 0, `never filled with a payload: ${missing.join(', ')}`);
});

/** The pages of the table of routes, with the ids of what was seeded. */
function pages(ids) {
  const text = readFileSync(join(root, 'services', 'muster', 'tests', 'routes.tsv'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('page GET\t')).map((line) => line.split('\t')[1]);
  const fill = (path) => path.replace(/[@!](\w+)/g, (_, name) => ids[name] ?? 'absent');
  return [...new Set(rows.map(fill))].filter((path) => !path.includes('.csv'));
}

const odd = (text) => encodeURIComponent(text);
const ASKED = (text) => [
  `/weapons?q=${odd(text)}`, `/weapons?model=${odd(text)}&maker=${odd(text)}&calibre=${odd(text)}`, `/weapons?holder=${odd(text)}`,
  `/holds?number=${odd(text)}`, `/counter?person=${odd(text)}&answer=answer-unknown&scanned=${odd(text)}`, `/stockpile?place=${odd(text)}`,
  `/stockpile?known_at=${odd(text)}`, `/?done=${odd(text)}&lang=${odd(text)}`, `/nothing/${odd(text)}`, `/weapons/${odd(text)}`,
];

// Every thing that was seeded, not only the last of each.
const things = async () => {
  const list = async (path, name) => (await api(logins.approver, path)).body.rows.map((row) => row[name]);
  return {
    weapon: await list(`/weapons?q=window&limit=500`, 'weapon'),
    count: await list('/counts?limit=40', 'count'),
    case: await list('/cases?limit=60', 'case'),
    batch: await list('/destruction-batches?limit=60', 'batch'),
  };
};

const ROLES = ['approver', 'auditor', 'custodian', 'security_officer'];
for (const role of ROLES) {
  const seen = await listening(logins[role]);
  for (const path of pages(seeded.ids)) await check(`${role} ${path.slice(0, 60)}`, () => harmless(seen, path));
  await seen.context.close();
}
{
  const seen = await listening(logins.approver);
  for (const [nth, text] of PAYLOADS.entries()) {
    await check(`addresses with payload ${nth + 1}`, async () => {
      for (const path of ASKED(text)) await harmless(seen, path);
    });
  }
  const all = await things();
  const views = { weapon: ['/weapons/', ''], count: ['/counts/', ''], case: ['/cases/', ''], batch: ['/batches/', ''] };
  const papers = { weapon: '/record', count: '/statement', case: '/report', batch: '/certificate' };
  for (const [kind, found] of Object.entries(all)) {
    await check(`every ${kind} with a payload (${found.length})`, async () => {
      ok(found.length >= 10, `only ${found.length}`);
      for (const id of found.slice(0, 40)) {
        await harmless(seen, `${views[kind][0]}${id}`);
        await harmless(seen, `${views[kind][0]}${id}${papers[kind]}`);
      }
    });
  }
  await seen.context.close();
  const stranger = await listening(null);
  for (const [nth, text] of PAYLOADS.entries()) {
    await check(`a stranger with payload ${nth + 1}`, async () => {
      await harmless(stranger, `/sign-in?back=${odd(text)}`);
      await harmless(stranger, `/weapons?q=${odd(text)}`);
      await stranger.page.fill('input[name="number"]', text);
      await stranger.page.fill('input[name="password"]', text);
      await stranger.page.press('input[name="password"]', 'Enter');
      await stranger.page.waitForLoadState('load');
      const found = await stranger.page.evaluate(inspect, STRUCK);
      ok(!found.struck && found.marks.length === 0, `the sign-in page: ${found.marks[0]}`);
    });
  }
  await stranger.context.close();
}

await check('hostile scans come alive on an open page and stay text', async () => {
  const counts = (await api(logins.custodian, '/counts?limit=500')).body.rows;
  const running = counts.find((row) => row.stage === 'open' && row.counters.includes(logins.custodian.user));
  const seen = await listening(logins.custodian);
  await harmless(seen, `/counts/${running.count}`);
  for (const [nth, text] of PAYLOADS.entries()) {
    const body = { seen: `${text} ${nth}`, way: 'keyed', place: running.place };
    const { status } = await api(logins.custodian, `/counts/${running.count}/items`, { method: 'POST', body: JSON.stringify(body) });
    ok(status < 500, `${status}`);
    if (status >= 300) continue;
    await seen.page.waitForFunction((wanted) => document.querySelector('main').textContent.includes(wanted), `${text} ${nth}`, { timeout: 30_000 });
    const found = await seen.page.evaluate(inspect, STRUCK);
    ok(!found.struck && found.marks.length === 0 && seen.faults.length === 0, `${found.marks[0]} ${seen.faults[0]}`);
  }
  await seen.context.close();
});

/** Cells of a table as a spreadsheet reads them. */
function cells(text) {
  const found = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const c = text[at];
    if (quoted && c === '"' && text[at + 1] === '"') { cell += '"'; at += 1; } else if (c === '"') quoted = !quoted;
    else if (!quoted && (c === ',' || c === '\n')) { found.push(cell.replace(/\r$/, '')); cell = ''; } else cell += c;
  }
  return [...found, cell];
}

await check('no cell of a list as a file is a formula', async () => {
  const seen = await listening(logins.approver);
  for (const path of ['/weapons.csv', '/stockpile.csv', '/stockpile.csv?group=both', '/lost.csv']) {
    const answer = await seen.page.request.get(base + path);
    same(answer.status(), 200, path);
    const text = await answer.text();
    const headers = answer.headers();
    ok(headers['content-disposition'].startsWith('attachment') && headers['x-content-type-options'] === 'nosniff', path);
    const formulas = cells(text).filter((cell) => /^[=+\-@\t\r]/.test(cell));
    same(formulas.length, 0, `${path}: ${formulas.slice(0, 3).join(' | ')}`);
    if (path === '/weapons.csv') ok(text.includes("'=HYPERLINK"), 'the payload is not in the list at all');
    opened += 1;
  }
  await seen.context.close();
});

await check('no address is made from the Host header', async () => {
  const { request } = await import('node:http');
  const url = new URL(base);
  for (const path of ['/', '/weapons', '/sign-in', '/api/v1/me', '/nothing']) {
    const said = await new Promise((done, failed) => {
      const asked = request({ host: url.hostname, port: url.port, path, headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' } }, (answer) => {
        let body = '';
        answer.on('data', (bytes) => { body += bytes; }).on('end', () => done(JSON.stringify(answer.headers) + body));
      });
      asked.on('error', failed);
      asked.end();
    });
    ok(!said.includes('evil.example'), `${path} repeats the host: ${said.slice(0, 300)}`);
    opened += 1;
  }
});

await browser.close();
await demo.stop();
console.log(`evidence: xss-pages ${opened} ${struck}`);
process.exitCode = finish() ? 0 : 1;
