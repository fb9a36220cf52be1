import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CgroupPlace, type Controller, cgroupOf } from '../../../system/cgroup.ts';

/** A folder below which a cgroup can be made, and the controllers that it gets there. */
export interface Parent {
  version: 1 | 2;
  folder: string;
  controllers: Controller[];
}

/**
 * Where cgroups with these controllers go: with v1 below this process's own, in each controller's hierarchy; with v2 below
 * the nearest one that hands all of them on, since a v2 cgroup with processes in it may not (kernel
 * Documentation/admin-guide/cgroup-v2.rst, "No Internal Process Constraint"). A string says what is missing.
 */
export function parentsFor(controllers: readonly Controller[]): Parent[] | string {
  const places = controllers.map((controller) => ({ controller, place: cgroupOf(controller) }));
  const parents: Parent[] = [];
  for (const { controller, place } of places) {
    if (place === undefined) return `this system has no ${controller} cgroups`;
    const needed =
      place.version === 1
        ? [controller]
        : places.flatMap((other) => (other.place?.version === 2 ? [other.controller] : []));
    const folder = place.version === 1 ? place.folder : handingOn(place, needed);
    if (folder === undefined)
      return `no cgroup above this process has ${needed.join(' and ')} in its cgroup.subtree_control`;
    const known = parents.find((parent) => parent.folder === folder);
    if (known) known.controllers.push(controller);
    else parents.push({ version: place.version, folder, controllers: [controller] });
  }
  return parents;
}

function handingOn({ top, folder }: CgroupPlace, needed: readonly Controller[]): string | undefined {
  for (let at = folder; at.length >= top.length; at = dirname(at)) {
    try {
      const handed = readFileSync(join(at, 'cgroup.subtree_control'), 'utf8').trim().split(' ');
      if (needed.every((controller) => handed.includes(controller))) return at;
    } catch {
      return undefined;
    }
    if (at === '/') return undefined;
  }
  return undefined;
}
