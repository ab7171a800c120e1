// Every link inside of the project leads to a file and a heading that are there, also in the published package.
import fs from 'node:fs';
import path from 'node:path';
import { pages, read, root } from './blocks';

/* eslint-disable @typescript-eslint/no-require-imports */
const { packedFiles } = require('../../scripts/pack/tarball') as { packedFiles(folder: string): string[] };
/* eslint-enable @typescript-eslint/no-require-imports */

const all = [...pages, 'CHANGELOG.md', 'examples/data/README.md'];

/** The anchors of a page's headings, as GitHub, npm and the site make them. */
function anchors(page: string): string[] {
  const text = read(page).replace(/^```[^]*?^```$/gm, '');
  const seen = new Map<string, number>();
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/ /g, '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times ? `${anchor}-${times}` : anchor;
  });
}

/** The links of a page that do not leave the project: the file from the root, and the heading. */
function linksOf(page: string): [file: string, anchor: string | undefined][] {
  const prose = read(page)
    .replace(/^```[^]*?^```$/gm, '')
    .replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(([, file, anchor]) => {
    const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
    return [target, anchor];
  });
}

const packed = new Set(packedFiles(root));

describe.each(all)('%s', (page) => {
  const links = linksOf(page);

  test('its links lead to files and headings', () => {
    const broken = links.filter(([file, anchor]) => {
      const target = path.join(root, file);
      if (path.relative(root, target).startsWith('..') || !fs.existsSync(target)) return true;
      return anchor !== undefined && !anchors(file).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('its links lead to files of the package', () => {
    expect(links.map(([file]) => file).filter((file) => !packed.has(file))).toEqual([]);
  });
});

test('every page of docs is in the README', () => {
  const linked = new Set(linksOf('README.md').map(([file]) => file));
  expect(pages.filter((page) => page !== 'README.md' && !linked.has(page))).toEqual([]);
});

test('anchors are made as GitHub makes them', () => {
  expect(anchors('docs/modules-and-functionals.md')).toContain('batch-norms-running-statistics');
  expect(linksOf('docs/from-python.md')).toContainEqual(['docs/modules-and-functionals.md', 'state']);
});

test('the package has no binding.gyp, which would make npm build it', () => {
  expect(packed).not.toContain('binding.gyp');
});
