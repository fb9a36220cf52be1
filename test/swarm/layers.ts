import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type Docker from 'dockerode';
import { RUN_LABEL } from '../../lab/runtimes/docker/client.ts';
import { keeperOf } from './names.ts';

/** An image that this machine's engine has, and where it keeps each of its layers. */
export interface Layers {
  root: string;
  id: string;
  repository: string;
  image: string;
  /** The folder of each layer's description below `image/overlay2/layerdb/sha256`, and of the layer below `overlay2`. */
  layers: { chain: string; folder: string }[];
}

/** A folder that another one is to be seen in. */
export type Bind = [from: string, to: string];

/**
 * Where this machine's engine keeps an image, which is kept as long as the rig: a container that is never started holds it. Undefined where
 * its layers cannot be seen from here, or are no folders: then the image has to be saved and loaded.
 *
 * To load the image into two engines takes 8 s and 12 s of two processors, most of it to make its 5000 files; this takes 0.1 s.
 */
export async function keepLayers(engine: Docker, image: string, label: string): Promise<Layers | undefined> {
  const { DockerRootDir: root, Driver, SecurityOptions = [] } = await engine.info();
  // With user namespaces the owners of files are others in there.
  if (Driver !== 'overlay2' || SecurityOptions.some((option: string) => option.includes('userns')))
    return undefined;
  const { Id, RootFS } = await engine.getImage(image).inspect();
  const id = Id.replace('sha256:', '');
  if (!existsSync(join(root, CONTENT, id))) return undefined;
  await engine.createContainer({ name: keeperOf(label), Image: image, Labels: { [RUN_LABEL]: label } });
  let chain = '';
  const layers = (RootFS.Layers ?? []).map((diff) => {
    // opencontainers/image-spec, config.md "Layer ChainID".
    chain = chain === '' ? diff : `sha256:${createHash('sha256').update(`${chain} ${diff}`).digest('hex')}`;
    const name = chain.replace('sha256:', '');
    return { chain: name, folder: readFileSync(join(root, LAYERS, name, 'cache-id'), 'utf8') };
  });
  return { root, id, repository: image.split(':')[0] as string, image, layers };
}

const CONTENT = 'image/overlay2/imagedb/content/sha256';
const LAYERS = 'image/overlay2/layerdb/sha256';

/** Describes the image in an engine's folder, before it starts. Gives what is to be bound, read-only, where that engine alone sees it. */
export function describeLayers({ root, id, repository, image, layers }: Layers, data: string): Bind[] {
  const copy = (path: string) => {
    mkdirSync(dirname(join(data, path)), { recursive: true });
    copyFileSync(join(root, path), join(data, path));
  };
  copy(join(CONTENT, id));
  const tags = { Repositories: { [repository]: { [image]: `sha256:${id}` } } };
  writeFileSync(join(data, 'image/overlay2/repositories.json'), JSON.stringify(tags));
  return layers.map(({ chain, folder }) => {
    cpSync(join(root, LAYERS, chain), join(data, LAYERS, chain), { recursive: true });
    const layer = join('overlay2', folder);
    for (const file of ['link', 'lower', 'committed'])
      if (existsSync(join(root, layer, file))) copy(join(layer, file));
    const link = join('overlay2/l', readFileSync(join(root, layer, 'link'), 'utf8'));
    cpSync(join(root, link), join(data, link), { verbatimSymlinks: true, recursive: true });
    mkdirSync(join(data, layer, 'diff'), { recursive: true });
    return [join(root, layer, 'diff'), join(data, layer, 'diff')];
  });
}
