'use strict';
// Downloads one file over http(s): proxies, redirects, retries, and a partial file that a later
// attempt (of this process or the next) continues where the server can do that.

const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const tls = require('node:tls');
const { finished } = require('node:stream/promises');
const { setTimeout: sleep } = require('node:timers/promises');
const { progress } = require('./progress');

const STALLED = 60_000; // ms without a byte
const CONNECT = 20_000;
const TRIES = 5;

function proxyFor(url) {
  const env = (name) => process.env[name] || process.env[name.toLowerCase()];
  const host = url.hostname;
  const direct = (env('NO_PROXY') || '').split(/[\s,]+/).some((rule) => {
    const suffix = rule.replace(/:\d+$/, '').replace(/^\*?\.?/, '');
    return rule === '*' || (suffix && (host === suffix || host.endsWith(`.${suffix}`)));
  });
  const proxy = direct
    ? ''
    : env(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY') || env('ALL_PROXY');
  return proxy ? new URL(/:\/\//.test(proxy) ? proxy : `http://${proxy}`) : null;
}

const credentials = ({ username, password }) =>
  username
    ? `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`
    : undefined;

function proxyOptions(proxy, extra) {
  const authorization = credentials(proxy);
  return {
    host: proxy.hostname,
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    timeout: CONNECT,
    agent: false,
    ...extra,
    headers: { ...extra.headers, ...(authorization && { 'Proxy-Authorization': authorization }) },
  };
}

const clientOf = (url) => (url.protocol === 'https:' ? https : http);

// A TLS connection to `url` through the proxy's CONNECT.
function tunnel(url, proxy) {
  return new Promise((resolve, reject) => {
    const authority = `${url.hostname}:${url.port || 443}`;
    const request = clientOf(proxy).request(
      proxyOptions(proxy, { method: 'CONNECT', path: authority, headers: { Host: authority } }),
    );
    request.once('connect', (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        return reject(final(`the proxy ${proxy.host} answered ${response.statusCode} to CONNECT`));
      }
      const secure = tls.connect({ socket, servername: url.hostname }, () => {
        secure.off('error', reject);
        resolve(secure);
      });
      secure.once('error', reject);
    });
    request.once('timeout', () => request.destroy(new Error(`the proxy ${proxy.host} does not answer`)));
    request.once('error', reject);
    request.end();
  });
}

async function get(url, headers) {
  const proxy = proxyFor(url);
  const authorization = credentials(url);
  const options = {
    headers: {
      'User-Agent': 'nodetorch',
      ...headers,
      ...(authorization && { Authorization: authorization }),
    },
    timeout: CONNECT,
    agent: false,
  };
  let request;
  if (!proxy) request = clientOf(url).request(url, options);
  else if (url.protocol === 'https:') {
    const socket = await tunnel(url, proxy);
    // With an agent, even `false`, Node would not use the connection.
    request = https.request(url, {
      ...options,
      agent: undefined,
      defaultPort: 443,
      createConnection: () => socket,
    });
  } else {
    request = clientOf(proxy).request(
      proxyOptions(proxy, { path: url.href, headers: { ...options.headers, Host: url.host } }),
    );
  }
  return new Promise((resolve, reject) => {
    request.once('response', (response) => {
      response.socket?.setTimeout(STALLED, () => response.destroy(new Error('the connection has stalled')));
      resolve(response);
    });
    request.once('timeout', () => request.destroy(new Error(`${url.host} does not answer`)));
    request.once('error', reject);
    request.end();
  });
}

async function follow(address, headers) {
  let url = new URL(address);
  for (let hops = 0; hops < 10; hops++) {
    const response = await get(url, headers);
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.statusCode) || !location) return response;
    response.resume();
    const next = new URL(location, url);
    // Whoever sits on the way could send anything from there on.
    if (next.protocol !== 'https:' && (next.protocol !== 'http:' || url.protocol === 'https:')) {
      throw final(
        `it redirects from ${url.protocol}//${url.host} to ${next.protocol}//${next.host}, which is not secure`,
      );
    }
    url = next;
  }
  throw final('it redirects in a circle');
}

// An error that trying again does not mend.
const final = (message) => Object.assign(new Error(message), { final: true });

const hopeless = (error) =>
  error.final ||
  /CERT|UNABLE_TO/.test(error.code) ||
  ['ENOTFOUND', 'ECONNREFUSED', 'EAI_AGAIN', 'ENETUNREACH'].includes(error.code) ||
  ['ENOSPC', 'EDQUOT', 'EFBIG', 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR'].includes(error.code);

/** Says before the first byte that the disk would not hold them all. */
function requireSpace(part, bytes) {
  const { bavail, bsize } = fs.statfsSync(path.dirname(part));
  if (bytes <= bavail * bsize) return;
  const [needed, free] = [bytes, bavail * bsize].map((number) => `${Math.ceil(number / 1e6)} MB`);
  throw final(`it takes ${needed} more, and the disk of ${path.dirname(part)} has ${free} left`);
}

function readState(part, address) {
  try {
    const state = JSON.parse(fs.readFileSync(`${part}.json`, 'utf8'));
    if (state.address === address && state.validator) return { ...state, have: fs.statSync(part).size };
  } catch {
    // No partial file, or one of something else.
  }
  return { address, validator: null, total: 0, have: 0 };
}

// The whole length, and where the body begins: a server that ignores Range sends all of it.
function placeOf(response, have) {
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers['content-range'] || '');
  if (response.statusCode === 206 && range && Number(range[1]) === have)
    return { from: have, total: Number(range[2]) };
  if (response.statusCode === 200) return { from: 0, total: Number(response.headers['content-length']) || 0 };
  return null;
}

/** Writes each piece as it comes, so that none is lost when the connection breaks. Gives the number of bytes. */
async function write(response, part, { flags, shown }) {
  const file = fs.openSync(part, flags);
  let bytes = 0;
  response.on('data', (chunk) => {
    try {
      fs.writeFileSync(file, chunk);
    } catch (error) {
      response.destroy(error);
      return;
    }
    bytes += chunk.length;
    shown.add(chunk.length);
  });
  try {
    await finished(response);
  } finally {
    fs.closeSync(file);
  }
  return bytes;
}

async function attempt(address, part, bar) {
  let state = readState(part, address);
  // The process ended between the last byte and what was to come after it. A checksum says whether it is right.
  if (state.have > 0 && state.have === state.total) return;
  const resuming = state.have > 0;
  const headers = resuming ? { Range: `bytes=${state.have}-`, 'If-Range': state.validator } : {};
  const response = await follow(address, headers);
  const place = placeOf(response, state.have);
  if (!place) {
    response.resume();
    if (resuming && (response.statusCode === 416 || response.statusCode === 206)) {
      fs.rmSync(part, { force: true });
      throw new Error('the partial file does not fit');
    }
    const message = `it answered ${response.statusCode} ${response.statusMessage}`;
    throw response.statusCode >= 500 || response.statusCode === 429 ? new Error(message) : final(message);
  }
  const { etag, 'last-modified': modified } = response.headers;
  // Only a strong validator can promise that the rest belongs to the same file.
  const validator = etag && !etag.startsWith('W/') ? etag : modified || null;
  try {
    requireSpace(part, place.total - place.from);
  } catch (error) {
    response.destroy();
    throw error;
  }
  state = { address, validator, total: place.total };
  fs.writeFileSync(`${part}.json`, JSON.stringify(state));
  const shown = bar(place.total);
  shown.add(place.from);
  const received = place.from + (await write(response, part, { flags: place.from ? 'a' : 'w', shown }));
  if (place.total && received !== place.total)
    throw new Error(`it ended after ${received} of ${place.total} bytes`);
  shown.end();
}

/**
 * Downloads `address` into the file `part`, continuing what is there. Beside it, `part`.json says
 * what the partial file is of. Rejects after five tries that brought nothing, and at once when trying again is no use.
 */
async function download(address, part, { log = () => {}, quiet = false } = {}) {
  const bar = (total) => progress('downloading', total, { quiet });
  let most = 0;
  for (let tries = 1; ; tries++) {
    try {
      return await attempt(address, part, bar);
    } catch (error) {
      const { have } = readState(part, address);
      if (have > most) tries = 1;
      most = Math.max(most, have);
      if (tries === TRIES || hopeless(error)) throw error;
      log(`${error.message}; trying again (${tries} of ${TRIES - 1})`);
      await sleep(Number(process.env.NODETORCH_RETRY_MS || 500) * 2 ** (tries - 1));
    }
  }
}

module.exports = { download };
