// What typedoc does otherwise for our site. typedoc.json loads it: `npm run docs`.
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { Comment, CommentTag, Converter, PageEvent, ReflectionKind, RendererEvent } from 'typedoc';

const guides = ['Guides', 'Beside Python', 'Working on nodetorch'];
/** The first guide of each group but the first, in the order of typedoc.json. */
const firstOf = { 'docs/differences.md': guides[1], 'docs/architecture.md': guides[2] };
let group = guides[0];

/** A guide's first heading is its name, where typedoc takes that of the file. */
function nameByHeading(_, document) {
  const file = document.project.files.getReflectionPath(document);
  const heading = /^# (.*)\n/.exec(document.content[0].text);
  if (!heading) throw new Error(`${file}: a guide begins with a heading`);
  document.name = heading[1];
  group = firstOf[path.relative(process.cwd(), file)] ?? group;
  document.frontmatter.group = group;
}

const members = ReflectionKind.Method | ReflectionKind.Property | ReflectionKind.Accessor;
const placeOf = ({ sources: [first] = [] }) =>
  first && `${first.fullFileName}:${first.line}:${first.character}`;

/**
 * What a class inherits from another class of the reference is shown there alone: else Parameter and Buffer would
 * repeat the 1,000 members of Tensor.
 */
function withoutInherited({ project }) {
  const all = project.getReflectionsByKind(members);
  const own = new Set(all.filter((member) => !member.inheritedFrom).map(placeOf));
  const inherited = all.filter(
    (member) =>
      member.parent?.kindOf(ReflectionKind.Class) && member.inheritedFrom && own.has(placeOf(member)),
  );
  for (const member of inherited) project.removeReflection(member);
}

function groupModules({ project }) {
  for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
    module.comment ??= new Comment();
    module.comment.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: 'Reference' }]));
  }
}

/** The place of a declaration is shown as text: no address of the sources is known. */
function withoutUrls({ project }) {
  for (const reflection of Object.values(project.reflections)) {
    for (const source of reflection.sources ?? []) delete source.url;
  }
}

const copied = /(href="(?:\.\.\/)*media\/[^"#]+\.(?:ts|py))"/g;

/** Sources that a guide links to are copied as text: servers send `.ts` as a film. */
function textOfSources(page) {
  page.contents = page.contents?.replace(copied, '$1.txt"');
}

function renameSources({ outputDirectory }) {
  const media = path.join(outputDirectory, 'media');
  for (const name of fs.readdirSync(media).filter((file) => /\.(ts|py)$/.test(file))) {
    fs.renameSync(path.join(media, name), path.join(media, `${name}.txt`));
  }
}

export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, nameByHeading);
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, groupModules);
  app.converter.on(Converter.EVENT_RESOLVE_END, withoutInherited, -50);
  app.renderer.on(RendererEvent.BEGIN, withoutUrls);
  app.renderer.on(PageEvent.END, textOfSources);
  app.renderer.on(RendererEvent.END, renameSources, -1000);
}
