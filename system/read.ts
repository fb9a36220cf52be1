import { readFileSync, readlinkSync } from 'node:fs';

/** The text of a file of the kernel's; undefined when it is not there, or may not be read. Nothing stays open. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Where a link of the kernel's leads; undefined when it is not there, or may not be read. */
export function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
