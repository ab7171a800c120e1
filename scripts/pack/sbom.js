'use strict';
// Says what is in a published package, as CycloneDX 1.6: pack-all.js writes it beside the tarball. `npm sbom` leaves out
// what development needs as well, and knows nothing of libraries. The same package gives the same bytes: no time, and a
// number made of the contents.

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const own = require('../../package.json');
const pinned = require('../libtorch/pinned');
const { partsOf } = require('./licences');

const hash = (algorithm, data) => crypto.createHash(algorithm).update(data).digest('hex');
const purlOf = ({ name, version }) => `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
const byId = (licence) => [
  /^\w[\w.-]*$/.test(licence) ? { license: { id: licence } } : { expression: licence },
];

/** The package that a manifest describes. */
function componentOf(manifest, licenses) {
  const { name, version, description } = manifest;
  const purl = purlOf(manifest);
  return { type: 'library', 'bom-ref': purl, name, version, description, licenses, purl };
}

/** A file of the package, with its sum. */
function fileOf(folder, file, licenses) {
  const content = hash('sha256', fs.readFileSync(path.join(folder, file)));
  return { type: 'file', 'bom-ref': file, name: file, hashes: [{ alg: 'SHA-256', content }], licenses };
}

/** What npm installs for `name`, from the lock, and what that asks for: `{ components, dependencies }`. */
function installedFor(names) {
  const { packages } = JSON.parse(fs.readFileSync(path.join(__dirname, '../../package-lock.json'), 'utf8'));
  const components = new Map();
  const dependencies = [];
  const visit = (name, above) => {
    // As Node looks: the folder nearest to who asks.
    const places = above
      .split('/node_modules/')
      .map((_, i, all) => all.slice(0, all.length - i).join('/node_modules/'));
    const place = [...places.map((one) => `${one}/node_modules/${name}`), `node_modules/${name}`].find(
      (one) => packages[one],
    );
    const { version, integrity, license, dependencies: asked = {} } = packages[place];
    const purl = purlOf({ name, version });
    if (components.has(purl)) return purl;
    const [algorithm, sum] = integrity.split('-');
    const content = Buffer.from(sum, 'base64').toString('hex');
    const hashes = [{ alg: algorithm.toUpperCase().replace('SHA', 'SHA-'), content }];
    components.set(purl, {
      type: 'library',
      'bom-ref': purl,
      name,
      version,
      hashes,
      licenses: byId(license),
      purl,
    });
    dependencies.push({ ref: purl, dependsOn: Object.keys(asked).map((one) => visit(one, place)) });
    return purl;
  };
  const refs = names.map((name) => visit(name, ''));
  return { components: [...components.values()], dependencies, refs };
}

const isOurs = (name) => name === own.name || name.startsWith('@nodetorch/');

/** A package of JavaScript: what it asks for, ours and others'. */
function main(manifest) {
  const asked = Object.entries(manifest.dependencies);
  const others = asked.filter(([name]) => !isOurs(name)).map(([name]) => name);
  const { components, dependencies, refs } = installedFor(others);
  const ours = asked
    .filter(([name]) => isOurs(name))
    .map(([name, version]) => componentOf({ name, version }));
  const optional = Object.entries(manifest.optionalDependencies ?? {}).map(([name, version]) => ({
    ...componentOf({ name, version }),
    scope: 'optional',
  }));
  const component = componentOf(manifest, byId(manifest.license));
  const dependsOn = [...refs, ...[...ours, ...optional].map(({ purl }) => purl)];
  return {
    component,
    components: [...components, ...ours, ...optional],
    dependencies: [{ ref: component.purl, dependsOn }, ...dependencies],
  };
}

function addon(manifest, folder) {
  const component = componentOf(manifest, byId(manifest.license));
  const headers = installedFor(['node-addon-api', 'node-api-headers']);
  const libtorch = componentOf({
    name: `@nodetorch/libtorch-${pinned.platform}`,
    version: own.libtorch.version,
  });
  const file = fileOf(folder, 'nodetorch.node', byId(manifest.license));
  return {
    component,
    components: [file, ...headers.components, libtorch],
    dependencies: [{ ref: component.purl, dependsOn: [...headers.refs, libtorch.purl] }],
  };
}

/** The sources inside of libtorch, by the folders that its wheel has licences of. */
function thirdParties(folder) {
  const all = path.join(folder, 'licenses/third_party');
  return fs
    .readdirSync(all, { recursive: true })
    .filter((name) => fs.statSync(path.join(all, name)).isFile())
    .map((name) => name.replaceAll('\\', '/'))
    .sort()
    .map((name) => ({
      type: 'library',
      'bom-ref': `third_party/${name}`,
      name: path.posix.dirname(name),
      licenses: [{ license: { name: `licenses/third_party/${name}` } }],
    }));
}

function libtorch(manifest, folder) {
  const names = fs.readdirSync(path.join(folder, 'lib')).sort();
  const parts = partsOf(names);
  const files = names.map((name) => {
    const part = parts.find(({ libraries }) => libraries?.test(name));
    return fileOf(folder, `lib/${name}`, licenceOf(part));
  });
  const inside = parts
    .filter(({ libraries }) => !libraries)
    .map((part) => ({ type: 'library', 'bom-ref': part.what, name: part.what, licenses: licenceOf(part) }));
  const torch = {
    type: 'framework',
    'bom-ref': `pkg:pypi/torch@${manifest.version}`,
    name: 'torch',
    version: manifest.version,
    licenses: byId('BSD-3-Clause'),
    purl: `pkg:pypi/torch@${manifest.version}`,
  };
  const component = componentOf(manifest);
  const contained = [...inside, ...thirdParties(folder)];
  return {
    component,
    components: [torch, ...files, ...contained],
    dependencies: [
      { ref: component.purl, dependsOn: [torch.purl] },
      { ref: torch.purl, dependsOn: contained.map((one) => one['bom-ref']) },
    ],
  };
}

// A licence without an identifier of its own in SPDX's list is a name.
const licenceOf = ({ licence }) =>
  licence.startsWith('LicenseRef') ? [{ license: { name: licence } }] : byId(licence);

const kinds = { nodetorch: main, addon, libtorch, 'tfjs-node': main, 'tfjs-node-gpu': main };

/** Writes the bill of the package in `folder` to `file`; `kind` is what pack-all.js calls it. */
function writeSbom(kind, folder, file) {
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const { component, components, dependencies } = kinds[kind](manifest, folder);
  const known = new Set(dependencies.map(({ ref }) => ref));
  const leaves = components.filter((one) => !known.has(one['bom-ref']));
  const bill = {
    metadata: {
      component,
      tools: { components: [{ type: 'application', name: 'nodetorch, scripts/pack/sbom.js' }] },
    },
    components,
    dependencies: [...dependencies, ...leaves.map((one) => ({ ref: one['bom-ref'] }))],
  };
  const sum = hash('sha256', JSON.stringify(bill));
  // A UUID of the kind that is made of a sum.
  const uuid = [
    sum.slice(0, 8),
    sum.slice(8, 12),
    `8${sum.slice(13, 16)}`,
    `8${sum.slice(17, 20)}`,
    sum.slice(20, 32),
  ];
  const head = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuid.join('-')}`,
    version: 1,
  };
  fs.writeFileSync(file, `${JSON.stringify({ ...head, ...bill }, null, 2)}\n`);
}

module.exports = { writeSbom };
