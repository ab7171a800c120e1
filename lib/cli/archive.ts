// Which kinds of zip archives a file may be. Needs no addon.
import { fileSource } from '../serialization/io/source';
import { ZipReader, isZip } from '../serialization/io/zip_reader';

/** A kind of archive by a record that every one of it has. */
export type ArchiveKind = 'npz' | 'pt2' | 'script' | null;

/** What kind of zip archive the file is; null for one of `torch.save` and for what is no archive. */
export function archiveKind(file: string): ArchiveKind {
  const source = fileSource(file, false);
  try {
    if (!isZip(source)) return null;
    const zip = new ZipReader(source, 'maybe');
    if (zip.has('archive_format') || zip.has('serialized_exported_program.json')) return 'pt2';
    if (zip.has('constants.pkl') && zip.has('data.pkl')) return 'script';
    return [...new ZipReader(source, 'none').names()].some((name) => name.endsWith('.npy')) ? 'npz' : null;
  } catch {
    return null; // cut short: torch.load says so
  } finally {
    source.close();
  }
}
