// Writes every payload into every field of text that the service stores: by the API, by import, by
// a gateway's signed batch. Fields are those of the API's own description: one that no act below
// fills is a failure, so a new field of text cannot be forgotten.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { ok } from './tally.mjs';
import { PAYLOADS } from './payloads.mjs';

/** Texts that are no free text: ids, numbers, codes, keys and passwords are parsed and never shown as written. */
const NOT_FREE = /(^|\.)(password|old|new|pin|link|public_key|code|epc|tid|service_number|custodian|by|to_person|locale|kind|operators|counters|from|country)$/;

/** The free texts of a schema, as `a.b` paths; ids and codes are references, so they are not plain strings. */
function texts(schema, all, path = '', deep = 0) {
  if (deep > 6 || !schema) return [];
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop();
    return name === 'Stamped' || name === 'Mark' || name === 'Identity' ? texts(all[name], all, path, deep + 1)
      : all[name]?.type === 'object' ? texts(all[name], all, path, deep + 1) : [];
  }
  for (const part of schema.anyOf ?? schema.oneOf ?? []) {
    const found = texts(part, all, path, deep + 1);
    if (found.length) return found;
  }
  const kinds = [schema.type].flat();
  if (kinds.includes('string') && !schema.enum && !schema.const && !schema.format && !schema.pattern) return [path];
  if (kinds.includes('array')) return texts(schema.items, all, path, deep + 1);
  const inside = Object.entries(schema.properties ?? {});
  return inside.flatMap(([name, part]) => texts(part, all, path ? `${path}.${name}` : name, deep + 1));
}

const at = (body, path) => path.split('.').reduce((value, name) => {
  const inner = Array.isArray(value) ? value[0] : value;
  return inner?.[name];
}, body);

/** Seeds all of it; `ids` says where it stands now. */
export async function seed({ api, demo }) {
  const { logins } = demo;
  const filled = new Map();
  const tried = { all: 0, taken: 0 };
  const post = async (login, template, path, body, text) => {
    const headers = { 'x-device': text.replace(/[^ -~]/g, ''), ...login.headers };
    const { status, body: said } = await api(login, path, { method: 'POST', body: JSON.stringify(body), headers });
    ok(status < 500, `POST ${path} ${JSON.stringify(body)}: ${status} ${JSON.stringify(said)}`);
    tried.all += 1;
    if (status < 300) tried.taken += 1;
    const known = filled.get(template) ?? new Map();
    for (const name of Object.keys(body).flatMap((key) => paths(body[key], key))) {
      if (at(body, name) === text && status < 300) known.set(name, (known.get(name) ?? 0) + 1);
      else if (!known.has(name)) known.set(name, 0);
    }
    filled.set(template, known);
    return { status, said };
  };
  const paths = (value, key) => {
    const one = Array.isArray(value) ? value[0] : value;
    return one && typeof one === 'object' ? Object.keys(one).flatMap((name) => paths(one[name], `${key}.${name}`)) : [key];
  };
  const { custodian, approver, second_approver: deputy, security_officer: security, witness } = logins;
  const ids = {};
  const me = (await api(approver, '/me')).body;
  const site = (await api(approver, '/places')).body.rows[0].place;
  const session = signedIn(demo, custodian); // A token makes no tokens.
  let n = 0;
  for (const text of PAYLOADS) {
    n += 1;
    const room = await post(approver, '/places', '/places', { kind: 'room', name: `${text}`, within: site }, text);
    const place = room.said.id ?? ids.place;
    ids.place = place;
    await post(approver, '/places/{id}/rename', `/places/${place}/rename`, { name: text }, text);
    const mark = { kind: 'serial', component: 'receiver', method: 'stamp', position: text, text };
    const identity = { class: 'SA4', maker: text, model: text, calibre: text, year: 1984, serial: text, marks: [mark] };
    const entry = { identity, owner: text, origin: 'ledger', place, source: text, duplicate_reason: text, reason: text };
    const enter = () => post(approver, '/weapons', '/weapons', entry, text);
    const [one, two, three] = [await enter(), await enter(), await enter()];
    const [weapon, lost, doomed] = [one, two, three].map((answer) => answer.said.id);
    if (!weapon) continue;
    ids.weapon = weapon;
    const w = (tail, body, id = weapon, who = approver) => post(who, `/weapons/{id}${tail}`, `/weapons/${id}${tail}`, body, text);
    await w('/marks', { mark });
    await w('/parts/remove', { part: text, kept_at: text });
    await w('/parts/restore', { part: text });
    await w('/issue', { to: '31877', purpose: text });
    await w('/return', { place });
    await w('/elsewhere', { kind: 'loan', receiver: text, document: text });
    await w('/confirm', { document: text }, weapon, deputy);
    await w('/disposition', { disposition: 'destroy', authority: text }, doomed);
    // Counted in a room of its own: closing it would make the others' weapons unaccounted.
    const apart = (await post(approver, '/places', '/places', { kind: 'room', name: `${text} `, within: site }, text)).said.id ?? place;
    const count = await post(approver, '/counts', '/counts', { place: apart, kind: 'full', blind: false, counters: [approver.user] }, text);
    if (count.said.id) {
      ids.count = count.said.id;
      const c = (tail, body, who = approver) => post(who, `/counts/{id}${tail}`, `/counts/${ids.count}${tail}`, body, text);
      await c('/items', { seen: text, way: 'keyed', place: apart });
      await c('/items', { seen: `${text}!`, way: 'barcode', place: apart });
      const calledOff = n % 2 === 0;
      if (calledOff) await c('/abandon', { because: text });
      else {
        const closed = await c('/close', {});
        const closing = closed.said.event_ids?.[0];
        if (n % 4 === 1) await c('/sign', { closing, reservation: text }, deputy);
        else await c('/refuse', { because: text }, deputy);
      }
    }
    const opened = await post(approver, '/cases', '/cases', { weapon: lost, place, circumstances: text }, text);
    if (opened.said.id) {
      ids.case = opened.said.id;
      const c = (tail, body, who = approver) => post(who, `/cases/{id}${tail}`, `/cases/${ids.case}${tail}`, body, text);
      await c('/search', { searched: text, result: text });
      if (n % 3 === 0) await c('/explain', { explanation: text, place });
      else {
        await c('/presume', { because: text });
        await c('/declare', { cause: 'theft_outsider', circumstances: text });
        await c('/report', { to: text, reference: text });
        if (n % 3 === 1) await c('/recover', { place, circumstances: text });
        const asked = await c('/close-request', { outcome: n % 3 === 1 ? 'recovered' : 'unrecovered', evidence: text });
        await c('/refuse', { request: asked.said.event_ids?.[0], because: text }, deputy);
      }
    }
    const batch = await post(approver, '/destruction-batches', '/destruction-batches', { number: text, authority: text, place }, text);
    if (batch.said.id) {
      ids.batch = batch.said.id;
      const b = (tail, body, who = approver) => post(who, `/destruction-batches/{id}${tail}`, `/destruction-batches/${ids.batch}${tail}`, body, text);
      await b('/items', { weapon: doomed });
      await b('/items/check', { weapon: doomed, serial_as_read: text }, deputy);
      await b('/lock', {});
      if (n % 2 === 0) await b('/release-request', { weapon: doomed, because: text });
      else {
        await b('/destruction', { method: 'cutting', at: text, operators: [approver.user], scrap: text });
        await b('/witnesses', { name: text, organization: text });
      }
    }
    const person = `9${String(n).padStart(4, '0')}`;
    await post(security, '/people', '/people', { service_number: person, name: text, rank: text, unit: text }, text);
    ids.person = person;
    await post({ ...custodian, ...(await session) }, '/me/tokens', '/me/tokens', { label: text }, text);
    ids.gateway = await gateway({ post, api, approver, deputy, text, n, place });
    const four = [`${text} imported`, text, text, text].map(quoted).join(',');
    const table = `serial,maker,model,calibre,class,place,owner,source\n${four},SA4,${place},${quoted(text)},${quoted(text)}\n`;
    const answer = await fetch(`${demo.url.replace(/\/$/, '')}/api/v1/import/weapons`, {
      method: 'POST', body: table, headers: { authorization: `Bearer ${approver.token}`, 'content-type': 'text/csv' },
    });
    ok(answer.status < 500, `import: ${answer.status}`);
    tried.all += 1;
    if (answer.status < 300) tried.taken += 1;
  }
  const lines = (await api(logins.auditor, '/alerts?limit=500')).body.rows;
  for (const [nth, text] of PAYLOADS.entries()) {
    const key = lines[nth % lines.length]?.alerts[nth % lines[nth % lines.length].alerts.length];
    if (!key) continue;
    ids.alert = key;
    await post(logins.auditor, '/alerts/{key}/resolve', `/alerts/${key}/resolve`, { finding: text }, text);
  }
  ids.position = (await api(logins.auditor, '/log')).body.size - 1;
  void [me, witness];
  return { ids, filled, tried };
}

/** A sign-in by cookie: its headers. */
async function signedIn(demo, login) {
  const body = JSON.stringify({ service_number: login.user, password: login.password });
  const answer = await fetch(`${demo.url.replace(/\/$/, '')}/api/v1/session`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  const { csrf } = await answer.json();
  return { headers: { cookie: answer.headers.get('set-cookie').split(';')[0], 'x-csrf-token': csrf, authorization: '' } };
}

const quoted = (cell) => `"${cell.replaceAll('"', '""')}"`;

/** A gateway with a hostile name, enrolled by two, that hears hostile barcodes at hostile readers. */
async function gateway({ post, api, approver, deputy, text, n, place }) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const key = createHash('sha256').update(raw).digest('hex').slice(0, 16);
  const announced = await post(approver, '/gateways', '/gateways', { id: text, public_key: raw.toString('base64'), code_words: text }, text);
  const code = announced.said.code;
  const asked = await post(approver, '/gateways/{key}/propose', `/gateways/${key}/propose`, { code, name: text, public_key: raw.toString('base64') }, text);
  await post(deputy, '/gateways/{key}/enrol', `/gateways/${key}/enrol`, { request: asked.said.event_ids?.[0], code }, text);
  const at = new Date().toISOString().replace('Z', '000Z');
  const heard = { kind: 'barcode', text, symbology: text, reader: text, place, first: at, last: at, count: 1, raw: 'AA' };
  const items = [JSON.stringify({ type: 'Observed', data: heard })];
  const hash = createHash('sha256');
  for (const item of items) {
    const bytes = Buffer.from(item);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  }
  const boot = `boot-${n}`;
  const signed = `muster-batch/v1\n${key}\n${boot}\n0\n${items.length}\n${hash.digest('hex')}\n`;
  const signature = sign(null, Buffer.from(signed), privateKey).toString('base64');
  const body = `{"gateway":"${key}","boot":"${boot}","first":0,"items":[${items.join(',')}],"signature":"${signature}"}`;
  const { status, body: said } = await api(approver, `/gateways/${key}/batches`, { method: 'POST', body });
  ok(status === 200, `a batch of hostile reads: ${status} ${JSON.stringify(said)}`);
  await post(approver, '/gateways/{key}/revoke', `/gateways/${key}/revoke`, { because: text }, text);
  return key;
}

/** Fields of text in the description that no act filled with a payload that was taken. */
export function forgotten(description, filled) {
  const missing = [];
  for (const [path, ways] of Object.entries(description.paths)) {
    const schema = ways.post?.requestBody?.content['application/json']?.schema;
    if (!schema) continue;
    const short = path.replace('/api/v1', '');
    if (['/session', '/setup'].includes(short)) continue; // Numbers and secrets; names of founders are people's names.
    for (const name of texts(schema, description.components.schemas).filter((name) => !NOT_FREE.test(name))) {
      if (!filled.get(short)?.get(name)) missing.push(`${short} ${name}`);
    }
  }
  return missing;
}
